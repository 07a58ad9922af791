import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import type { ReceivedCall } from "./received-call.ts";
import { ReplayMemory } from "./replay-memory.ts";

function keyed(idempotencyKey: string, user = "ada"): ReceivedCall {
  return {
    contract: { name: "orders" },
    operation: { name: "place" },
    principal: { user, roles: [] },
    idempotencyKey,
    replay: undefined,
    settled: false,
    accept() {},
    join() {},
    onDetach() {},
    succeed() {},
  } as unknown as ReceivedCall;
}

test("the oldest answers are forgotten first, and never a call that still runs", () => {
  const memory = new ReplayMemory(new ManualClock(), { capacity: 3 });
  const running = keyed("running");
  expect(memory.joins(running)).toBe(false);
  for (const key of ["a", "b", "c", "d"]) {
    const call = keyed(key);
    expect(memory.joins(call)).toBe(false);
    call.replay!.settle({ ok: true, value: key });
  }
  expect(memory.size).toBe(3);
  expect(memory.joins(keyed("running"))).toBe(true);
  expect(memory.joins(keyed("d"))).toBe(true);
  expect(memory.joins(keyed("a"))).toBe(false);
});

test("when all of them still run, none is forgotten", () => {
  const memory = new ReplayMemory(new ManualClock(), { capacity: 2 });
  for (const key of ["a", "b", "c"]) memory.joins(keyed(key));
  expect(memory.size).toBe(3);
  for (const key of ["a", "b", "c"]) expect(memory.joins(keyed(key))).toBe(true);
});

test("a user with keys without end pushes out its own answers, and nobody else's", () => {
  const memory = new ReplayMemory(new ManualClock(), { capacity: 10 });
  const answered = (key: string, user: string) => {
    const call = keyed(key, user);
    if (!memory.joins(call)) call.replay!.settle({ ok: true, value: key });
  };
  answered("order", "ada");
  for (let i = 0; i < 100; i++) answered(`${i}`, "eve");
  expect(memory.size).toBe(10);
  expect(memory.joins(keyed("order"))).toBe(true);
});
