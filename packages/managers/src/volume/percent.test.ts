import { reeveError } from "@reeve/contract";
import type { Progress } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { percents } from "./percent.ts";

const calm = { signal: new AbortController().signal, cancel: () => {} };
const at = (doneBytes: number): Progress => ({ doneBytes, totalBytes: 1_000 });

async function collect<R>(running: AsyncGenerator<{ percent: number }, R>): Promise<[number[], R]> {
  const seen: number[] = [];
  for (;;) {
    const step = await running.next();
    if (step.done) return [seen, step.value];
    seen.push(step.value.percent);
  }
}

test("each percent is told once, in order, ending with 100, and then the answer", async () => {
  const [seen, answer] = await collect(
    percents(calm, async (progress) => {
      for (const done of [0, 4, 10, 10, 500, 400, 1_000]) {
        progress(at(done));
        await Promise.resolve();
        await Promise.resolve();
        await Promise.resolve();
      }
      return "copied";
    }),
  );
  expect(answer).toBe("copied");
  expect(seen.at(-1)).toBe(100);
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  expect(seen.slice(0, -1).every((percent) => percent < 100)).toBe(true);
});

test("a transfer of nothing reaches 100", async () => {
  const [seen] = await collect(percents(calm, async (progress) => progress({ doneBytes: 0, totalBytes: 0 })));
  expect(seen.at(-1)).toBe(100);
});

test("a failure is thrown, and 100 is never told", async () => {
  const running = percents(calm, async (progress) => {
    progress(at(1_000));
    throw new Error("device full");
  });
  const seen: number[] = [];
  await expect(async () => {
    for await (const { percent } of running) seen.push(percent);
  }).rejects.toThrow("device full");
  expect(seen).not.toContain(100);
});

test("a reader that leaves waits until the transfer has come to rest", async () => {
  const transfer = Promise.withResolvers<string>();
  let left = false;
  const running = percents(calm, (progress) => {
    progress(at(100));
    return transfer.promise;
  });
  await running.next();
  const leaving = running.return("gone").then(() => {
    left = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(left).toBe(false);
  transfer.resolve("copied");
  await leaving;
  expect(left).toBe(true);
});

test.each([
  { reason: "CANCELLED", cancels: 1 },
  { reason: "DEADLINE_EXCEEDED", cancels: 0 },
  { reason: "PEER_LOST", cancels: 0 },
] as const)("$reason of the call cancels the transfer $cancels times", async ({ reason, cancels }) => {
  const controller = new AbortController();
  const transfer = Promise.withResolvers<void>();
  let cancelled = 0;
  const control = {
    signal: controller.signal,
    cancel: () => {
      cancelled++;
    },
  };
  const running = percents(control, () => transfer.promise);
  await running.next();
  controller.abort(reeveError(reason, "the call ended"));
  expect(cancelled).toBe(cancels);
  transfer.resolve();
  await running.return(undefined);
});
