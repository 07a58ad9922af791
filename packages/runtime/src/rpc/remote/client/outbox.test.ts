import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallLane } from "./call-lane.ts";
import { Outbox } from "./outbox.ts";
import type { PendingCall } from "./pending-call.ts";

const mebibyte = 1_048_576;
const maxCalls = 10_000;
const bytes = Buffer.alloc(16 * mebibyte);
const frameOf = (length: number) => bytes.subarray(0, length);
const small = frameOf(1);

let ids = 0;
/** The outbox only tells one from another. */
const call = () => ({ number: ++ids }) as PendingCall;

/** Notes what is put back. */
class Lane {
  readonly calls: unknown[] = [];
  readonly frames: Buffer[] = [];

  addEncoded(frame: Buffer, pending: unknown): undefined {
    this.calls.push(pending);
    this.frames.push(frame);
  }
}

const laneOf = (lane: Lane) => lane as unknown as CallLane;

describe("Outbox", () => {
  test("takes 10,000 calls, and one more for each of them that ends", () => {
    const outbox = new Outbox();
    const lane = new Lane();
    const calls = Array.from({ length: maxCalls }, call);
    for (const pending of calls) expect(outbox.add(laneOf(lane), small, pending)).toBe(true);
    expect(outbox.add(laneOf(lane), small, call())).toBe(false);
    const [first, last] = [calls[0]!, calls.at(-1)!];
    for (const ended of [first, last]) {
      outbox.forget(ended);
      outbox.forget(ended);
    }
    const later = [call(), call()];
    for (const pending of later) expect(outbox.add(laneOf(lane), small, pending)).toBe(true);
    expect(outbox.add(laneOf(lane), small, call())).toBe(false);
    outbox.release(() => expect.fail());
    expect(lane.calls).toEqual([...calls.slice(1, -1), ...later]);
    expect(outbox.size).toBe(0);
  });

  test("a call given once more keeps its place, takes no further one and goes with what was given last", () => {
    const outbox = new Outbox();
    const lane = new Lane();
    const calls = Array.from({ length: maxCalls }, call);
    for (const pending of calls) outbox.add(laneOf(lane), small, pending);
    const other = frameOf(2);
    expect(outbox.add(laneOf(lane), other, calls[0]!)).toBe(true);
    outbox.release(() => expect.fail());
    expect(lane.calls).toEqual(calls);
    expect(lane.frames[0]).toBe(other);
  });

  test("whatever comes and ends: there is room exactly while what has not ended leaves some, and it goes in order", () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant("add" as const), mebibytes: fc.integer({ min: 1, max: 9 }) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("end" as const), which: fc.nat(20) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("again" as const),
          which: fc.nat(20),
          mebibytes: fc.integer({ min: 1, max: 9 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("release" as const) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const outbox = new Outbox();
        const lane = new Lane();
        let waiting: { pending: PendingCall; mebibytes: number }[] = [];
        const taken = () => waiting.reduce((sum, { mebibytes }) => sum + mebibytes, 0);
        for (const each of steps) {
          if (each.kind === "add") {
            const pending = call();
            const fits = taken() + each.mebibytes <= 16;
            expect(outbox.add(laneOf(lane), frameOf(each.mebibytes * mebibyte), pending)).toBe(fits);
            if (fits) waiting.push({ pending, mebibytes: each.mebibytes });
          } else if (each.kind === "release") {
            lane.calls.length = 0;
            outbox.release(() => expect.fail());
            expect(lane.calls).toEqual(waiting.map(({ pending }) => pending));
            waiting = [];
          } else {
            const entry = waiting[each.which];
            if (!entry) continue;
            if (each.kind === "end") {
              outbox.forget(entry.pending);
              waiting = waiting.filter((other) => other !== entry);
            } else {
              const fits = taken() - entry.mebibytes + each.mebibytes <= 16;
              const frame = frameOf(each.mebibytes * mebibyte);
              expect(outbox.add(laneOf(lane), frame, entry.pending)).toBe(fits);
              if (fits) entry.mebibytes = each.mebibytes;
            }
          }
          expect(outbox.size).toBe(waiting.length);
        }
      }),
    );
  });
});
