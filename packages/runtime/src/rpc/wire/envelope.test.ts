import { describe, expect, test } from "vitest";
import { EnvelopeWriter, encodeHead, readEnvelope } from "./envelope.ts";
import { maxBatchBytes, maxElements, maxFrames } from "./limits.ts";
import { Msgpack } from "./msgpack.ts";

const msgpack = new Msgpack();
const head = encodeHead(msgpack, ["block-01", "i1", 7]);
const writer = () => new EnvelopeWriter(msgpack, head.length, 1_000_000);

describe("envelope", () => {
  test("is version, head and frames", () => {
    const envelope = writer();
    envelope.add([16, 1, { a: 1 }]);
    envelope.add([17, 2, null]);
    const bytes = envelope.finish(head);
    expect(bytes.toString("hex")).toBe("02dc000393a8626c6f636b2d3031a2693107931001" + "81a16101" + "931102c0");
    expect(readEnvelope(msgpack, bytes).elements).toEqual([
      ["block-01", "i1", 7],
      [16, 1, { a: 1 }],
      [17, 2, null],
    ]);
  });

  test("its head is written last, and may be shorter than the room that was kept", () => {
    const envelope = new EnvelopeWriter(msgpack, 300, 1_000_000);
    for (let number = 1; number < 30; number++) envelope.add([1, number, "x".repeat(40)]);
    const read = readEnvelope(msgpack, envelope.finish(head));
    expect(read.head).toEqual(["block-01", "i1", 7]);
    expect(read.elements.slice(1).map(([, number]) => number)).toEqual(Array.from({ length: 29 }, (_, i) => i + 1));
  });

  test("takes no more frames, bytes and values than a receiver does", () => {
    const frames = writer();
    for (let i = 0; i < maxFrames; i++) expect(frames.add([2, i])).toBeUndefined();
    expect(frames.add([2, 99])).toBe("full");
    const bytes = writer();
    bytes.add([16, 1, "x".repeat(maxBatchBytes - 100)]);
    expect(bytes.add([16, 2, "x".repeat(200)])).toBe("full");
    const values = writer();
    values.add([16, 1, new Array(maxElements / 2).fill(0)]);
    expect(values.add([16, 2, new Array(maxElements / 2).fill(0)])).toBe("full");
    for (const full of [frames, bytes, values]) expect(() => readEnvelope(msgpack, full.finish(head))).not.toThrow();
  });

  test("takes one frame however large it is", () => {
    const envelope = writer();
    expect(envelope.add([16, 1, "x".repeat(500_000)])).toBeUndefined();
    expect(envelope.add([2, 2])).toBe("full");
  });

  test("refuses what the transport does not take, and says how large it is", () => {
    expect(writer().add([16, 1, "x".repeat(1_000_000)])).toEqual({ bytes: expect.any(Number) });
    expect(writer().add([16, 1, Symbol("x")])).toEqual({ problem: expect.stringMatching(/symbol/) });
  });

  test("gives its frames back, to be sent in another message", () => {
    const first = writer();
    for (let i = 1; i < 20; i++) first.add([16, i, "x".repeat(100)]);
    const second = writer();
    second.addEncoded(first.frame(3));
    second.addEncoded(first.frame(18));
    const [, ...frames] = readEnvelope(msgpack, second.finish(head)).elements;
    expect(frames.map(([, id]) => id)).toEqual([4, 19]);
  });

  test.each([
    ["another version", "01dc000190", /expected version 2, got 1/],
    ["no array", "02c0", /expected an array that begins/],
    ["no head", "0290", /with a head/],
    ["a head that is no array", "0291c0", /expected an array for each/],
    ["a frame that is no array", "02929001", /expected an array for each/],
    ["too many frames", `02dc0022${"90".repeat(34)}`, /32 frames/],
    ["nothing", "", /version/],
  ])("refuses %s", (_, hex, problem) => {
    expect(() => readEnvelope(msgpack, Buffer.from(hex, "hex"))).toThrow(problem);
  });
});
