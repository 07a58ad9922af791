import { expect, test } from "vitest";
import { failure } from "../kit/failure.ts";
import { hosts, settle } from "./hosts.ts";

const idle = { every: "1h", run: () => {} } as const;

async function two() {
  const world = hosts();
  const [a, b] = [await world.start("a", idle), await world.start("b", idle)];
  return { ...world, a, b };
}

test("a lease that a manager holds is had by no other host until it is released", async () => {
  const { clock, a, b } = await two();
  const held = await settle(clock, a.lease("rebalance"));
  let next: { epoch: number } | undefined;
  void b.lease("rebalance").then((lease) => {
    next = lease;
  });
  await clock.advance(20_000);
  expect([held.isHeld(), next]).toEqual([true, undefined]);
  await held[Symbol.asyncDispose]();
  await clock.advance(2_000);
  expect(next!.epoch).toBeGreaterThan(held.epoch);
  expect(held.isHeld()).toBe(false);
});

test("one that its manager has not let go of is free when that has drained, after the last thing done under it", async () => {
  const { clock, a, b } = await two();
  const held = await settle(clock, a.lease("rebalance"));
  const waiting = failure(a.lease("rebalance"));
  const next = b.lease("rebalance");
  await settle(clock, a.supervisor.stop());
  expect(await waiting).toMatchObject({ reason: "NOT_SERVING" });
  expect(held.signal.aborted || !held.isHeld()).toBe(true);
  await clock.advance(1_500);
  expect((await next).epoch).toBe(held.epoch + 1);
  expect(await failure(a.lease("other"))).toMatchObject({ reason: "NOT_SERVING" });
});

test("one whose incarnation crashes is lost at once, and free as soon as what it had opened is closed", async () => {
  const { clock, a, b } = await two();
  const held = await settle(clock, a.lease("rebalance"));
  a.supervisor.kill("chore", "a");
  await clock.advance(100);
  expect(held.signal.reason).toMatchObject({ reason: "LEASE_LOST" });
  expect((await settle(clock, b.lease("rebalance"))).epoch).toBe(held.epoch + 1);
});

test("a signal ends the waiting, and names of managers of other kinds are others", async () => {
  const { clock, a, b } = await two();
  await settle(clock, a.lease("rebalance"));
  const patience = new AbortController();
  const waiting = failure(b.lease("rebalance", { signal: patience.signal }));
  patience.abort(new Error("no longer"));
  expect((await waiting).message).toBe("no longer");
});

test.each([
  ["", undefined, 'lease name: expected 1 to 200 characters, got ""'],
  ["x".repeat(201), undefined, "lease name: expected 1 to 200 characters, got"],
  [7, undefined, "lease name: expected 1 to 200 characters, got 7"],
  ["x", { signal: 1 }, 'lease "x": signal: expected an AbortSignal, got 1'],
  ["x", { ttl: "1s" }, 'lease: unknown option "ttl"'],
])("lease(%j, %j) is refused: %s", async (name, options, message) => {
  const { a } = await two();
  expect((await failure(a.lease(name as never, options as never))).message).toContain(message);
});
