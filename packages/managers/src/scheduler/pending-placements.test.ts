import { ManualClock } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { PendingPlacements } from "./pending-placements.ts";

const never = new AbortController().signal;

function bench({ maxWaiting = 10 } = {}) {
  const clock = new ManualClock();
  const pending = new PendingPlacements({ clock, maxWaiting, retryAfterMs: 200 });
  const open = new Set<string>();
  const out: string[] = [];
  const wait = (name: string, signal: AbortSignal = never, nextLookMs?: () => number) =>
    pending.until({ manager: "volume", isOver: () => open.has(name), signal, ...(nextLookMs && { nextLookMs }) }).then(
      () => out.push(name),
      (error: Error) => out.push(`${name}: ${error.message}`),
    );
  return { clock, pending, open, out, wait };
}

test("who has nothing to wait for does not wait", async () => {
  const { open, out, wait, clock } = bench();
  open.add("a");
  await wait("a", never, () => 1_000);
  expect([out, clock.pending]).toEqual([["a"], 0]);
});

test("at each news of its manager whoever may go does, in order, and the others keep their place", async () => {
  const { pending, open, out, wait, clock } = bench();
  for (const name of ["a", "b", "c"]) void wait(name);
  open.add("c").add("a");
  pending.notify("network");
  await clock.advance(0);
  expect(out).toEqual([]);
  pending.notify("volume");
  await clock.advance(0);
  expect([out, pending.size]).toEqual([["a", "c"], 1]);
  open.add("b");
  pending.notify("volume");
  await clock.advance(0);
  expect([out, pending.size]).toEqual([["a", "c", "b"], 0]);
});

test("without news it looks again as often as asked, and leaves no timer behind", async () => {
  const { open, out, wait, clock } = bench();
  void wait("a", never, () => 1_000);
  await clock.advance(2_500);
  open.add("a");
  await clock.advance(499);
  expect(out).toEqual([]);
  await clock.advance(1);
  expect([out, clock.pending]).toEqual([["a"], 0]);
});

test("who is aborted leaves with the signal's reason and makes room", async () => {
  const { clock, pending, open, out, wait } = bench({ maxWaiting: 1 });
  const controller = new AbortController();
  void wait("gone", controller.signal, () => 1_000);
  controller.abort(new Error("deadline"));
  await clock.advance(0);
  expect([out, pending.size, clock.pending]).toEqual([["gone: deadline"], 0, 0]);
  open.add("late");
  await wait("late", controller.signal);
  expect(out.at(-1)).toBe("late: deadline");
  void wait("next");
  open.add("next");
  pending.notify("volume");
  await clock.advance(0);
  expect(out.at(-1)).toBe("next");
});

test("who cannot tell whether it waits goes with that error, and keeps nobody else from going", async () => {
  const { clock, pending, open, out, wait } = bench();
  let broken = false;
  const isOver = () => {
    if (broken) throw new Error("oops");
    return false;
  };
  const failing = pending.until({ manager: "volume", isOver, signal: never });
  void wait("a");
  broken = true;
  open.add("a");
  pending.notify("volume");
  await expect(failing).rejects.toThrow("oops");
  await clock.advance(0);
  expect([out, pending.size]).toEqual([["a"], 0]);
});

test("when too many wait, the next is refused and told when to try again", async () => {
  const { pending, wait } = bench({ maxWaiting: 2 });
  void wait("first");
  void wait("second");
  await expect(pending.until({ manager: "network", isOver: () => false, signal: never })).rejects.toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    reason: "MAILBOX_FULL",
    outcome: "not-executed",
    data: { retryAfterMs: 200 },
  });
});
