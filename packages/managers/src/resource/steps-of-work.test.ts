import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { stepsOfWork } from "./steps-of-work.ts";

const quiet = { signal: new AbortController().signal, cancel: () => {} };

test("every step is told in order, also to a reader that is slow, and then what came of it", async () => {
  const steps = stepsOfWork(quiet, async (onStep: (step: string) => void) => {
    for (const step of ["claim", "segment", "wire"] as const) onStep(step);
    return "done";
  });
  const told = [await steps.next(), await steps.next(), await steps.next(), await steps.next()];
  expect(told.map(({ value }) => value)).toEqual(["claim", "segment", "wire", "done"]);
});

test("where only the newest is wanted, a slow reader misses those before it", async () => {
  const steps = stepsOfWork(
    quiet,
    async (onStep: (step: number) => void) => {
      for (const step of [1, 2, 3]) onStep(step);
    },
    { newestOnly: true },
  );
  expect([await steps.next(), await steps.next()]).toEqual([
    { value: 3, done: false },
    { value: undefined, done: true },
  ]);
});

test("the work does not wait for its reader, and its failure is thrown to it", async () => {
  let ended = false;
  const steps = stepsOfWork(quiet, async (onStep: (step: string) => void) => {
    onStep("claim");
    await Promise.resolve();
    ended = true;
    throw new Error("no device");
  });
  expect(await steps.next()).toEqual({ value: "claim", done: false });
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(true);
  await expect(steps.next()).rejects.toThrow("no device");
});

test("a reader that leaves is let go when the work has come to rest; only a cancel ends the work", async () => {
  const reasons = [reeveError("DEADLINE_EXCEEDED", "late"), reeveError("CANCELLED", "no longer wanted")];
  for (const reason of reasons) {
    const gone = new AbortController();
    const work = Promise.withResolvers<void>();
    let cancelled = false;
    const cancel = () => {
      cancelled = true;
    };
    const control = { signal: gone.signal, cancel };
    const steps = stepsOfWork(control, async (onStep: (step: string) => void) => {
      onStep("claim");
      await work.promise;
    });
    await steps.next();
    gone.abort(reason);
    let left = false;
    const leaving = steps.return(undefined).then(() => {
      left = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([left, cancelled]).toEqual([false, reason.reason === "CANCELLED"]);
    work.resolve();
    await leaving;
  }
});

test("a cancel from before the work began ends it; one from after its end ends nothing", async () => {
  const cancelled = reeveError("CANCELLED", "no longer wanted");
  let cancels = 0;
  const run = async (signal: AbortSignal) => {
    const steps = stepsOfWork({ signal, cancel: () => cancels++ }, async () => "done");
    expect(await steps.next()).toEqual({ value: "done", done: true });
  };
  await run(AbortSignal.abort(cancelled));
  expect(cancels).toBe(1);
  const late = new AbortController();
  await run(late.signal);
  late.abort(cancelled);
  expect(cancels).toBe(1);
});
