import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { CurrentCall } from "./current-call.ts";
import type { RunningCall } from "./running-call.ts";

const running = () =>
  ({ running: true, replay: undefined, timeoutMs: 1_000, deadlineAt: 1_000, operation: {} }) as RunningCall;

test("the innermost call is told of, and journals its work; what it left behind when it ended is nobody's", async () => {
  const current = new CurrentCall(new ManualClock());
  expect(current.get()).toBeUndefined();
  const [outer, inner] = [running(), running()];
  const [gate, signal] = [Promise.withResolvers<void>(), new AbortController().signal];
  const left = current.during(outer, async () => {
    current.during(inner, () => {
      expect(current.get()).toBe(inner);
      current.work(signal, "a disk")();
    });
    expect(current.get()).toBe(outer);
    await gate.promise;
    current.work(signal, "another disk");
    return { told: current.get(), innermost: current.innermost };
  });
  expect([inner.work?.resource, outer.work]).toEqual(["a disk", undefined]);
  Object.assign(outer, { running: false });
  gate.resolve();
  expect(await left).toEqual({ told: undefined, innermost: outer });
  expect(outer.work).toBeUndefined();
});
