import fc from "fast-check";
import { expect, test } from "vitest";
import { CallerHeadWriter, encodeIncarnation, headBytes } from "./caller-head.ts";
import { EnvelopeWriter, readEnvelope } from "./envelope.ts";
import { maxAcknowledged } from "./limits.ts";
import { Msgpack } from "./msgpack.ts";

const msgpack = new Msgpack();
const heads = new CallerHeadWriter();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("is an array of time, incarnation, floor and acknowledged ranges, as docs/wire.md shows it", () => {
  const incarnation = encodeIncarnation("i1");
  expect(hex(heads.write(1234.5, { incarnation, floor: 3, acknowledged: [5, 8, 300, 70_000] }))).toBe(
    "94cb40934a0000000000a269310394" + "0508" + "cd012c" + "ce00011170",
  );
});

test("an incarnation that is not known is nil", () => {
  const head = { incarnation: encodeIncarnation(undefined), floor: 1, acknowledged: [] };
  expect(hex(heads.write(0, head))).toBe("94cb0000000000000000c00190");
});

const number = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: 2 ** 32 + 5 }),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
);

test("any head is read as it was written, and fits the room that was kept for it", () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, min: 0, max: 1e15 }),
      fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), { nil: undefined }),
      number,
      fc.array(fc.tuple(number, number), { maxLength: maxAcknowledged }),
      (sentAt, name, floor, ranges) => {
        const incarnation = encodeIncarnation(name);
        const room = headBytes(incarnation, ranges.length);
        const envelope = new EnvelopeWriter(msgpack, room, 1_000_000);
        envelope.add([1, 7]);
        const bytes = envelope.finish(heads.write(sentAt, { incarnation, floor, acknowledged: ranges.flat() }));
        const { head, elements } = readEnvelope(msgpack, bytes);
        expect(head).toEqual([sentAt, name ?? null, floor, ranges.flat()]);
        expect(elements[1]).toEqual([1, 7]);
      },
    ),
    { seed: 12 },
  );
});

test("more ranges than a receiver takes are refused", () => {
  const acknowledged = Array.from({ length: 2 * maxAcknowledged + 2 }, (_, i) => i + 1);
  expect(() => heads.write(0, { incarnation: encodeIncarnation(undefined), floor: 1, acknowledged })).toThrow(
    /expected 0 to 32 numbers, got 34/,
  );
});
