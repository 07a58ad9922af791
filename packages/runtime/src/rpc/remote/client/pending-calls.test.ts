import { describe, expect, test } from "vitest";
import type { PendingCall } from "./pending-call.ts";
import { PendingCalls } from "./pending-calls.ts";

let looks = 0;

function pendingAt(place: string, id: number): PendingCall {
  let went = -1;
  return {
    id,
    target: { place },
    get batch() {
      looks += 1;
      return went;
    },
    set batch(batch: number) {
      went = batch;
    },
  } as unknown as PendingCall;
}

describe("PendingCalls", () => {
  test("a message that nobody took costs a look at the calls of its place, however many wait for others", () => {
    const calls = new PendingCalls();
    const all = Array.from({ length: 1_000 }, (_, n) => pendingAt(`volume.v1 host-${n % 500}`, n + 1));
    for (const pending of all) {
      calls.add(pending);
      pending.batch = pending.id;
      calls.sent(pending.id, pending);
    }
    looks = 0;
    for (const pending of all) expect(calls.ofBatch(pending.id)).toEqual([pending]);
    expect(looks).toBe(2_000);
  });

  test("of a message that was sent too long ago to be known all calls are looked at", () => {
    const calls = new PendingCalls();
    const [old, recent] = [pendingAt("volume.v1 a", 1), pendingAt("volume.v1 b", 2)];
    for (const pending of [old, recent]) {
      calls.add(pending);
      pending.batch = pending.id;
    }
    calls.sent(1, old);
    calls.sent(1 + 16_384, recent);
    expect(calls.ofBatch(1)).toEqual([old]);
  });

  test("a place that was left and is there again has the calls of both times", () => {
    const calls = new PendingCalls();
    const [before, after] = [pendingAt("volume.v1 a", 1), pendingAt("volume.v1 a", 2)];
    calls.add(before);
    calls.left("volume.v1 a");
    calls.add(after);
    expect(calls.at("volume.v1 a")).toEqual([before, after]);
    calls.delete(before);
    calls.left("volume.v1 a");
    calls.delete(after);
    calls.delete(after);
    expect([calls.at("volume.v1 a"), calls.size]).toEqual([[], 0]);
  });
});
