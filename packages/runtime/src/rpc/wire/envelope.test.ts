import { describe, expect, test } from "vitest";
import { callerHead, EnvelopeWriter, encodeHead, readEnvelope, stampSentAt } from "./envelope.ts";
import { maxBatchBytes, maxElements, maxFrames } from "./limits.ts";
import { Msgpack } from "./msgpack.ts";

const msgpack = new Msgpack();
const writer = () => new EnvelopeWriter(msgpack, encodeHead(msgpack, ["block-01", 7]), 1_000_000);

describe("envelope", () => {
  test("is version, head and frames", () => {
    const envelope = writer();
    envelope.add([16, 1, { a: 1 }]);
    envelope.add([17, 2, null]);
    const bytes = envelope.finish();
    expect(bytes.toString("hex")).toBe("01dc000392a8626c6f636b2d303107931001" + "81a16101" + "931102c0");
    expect(readEnvelope(msgpack, bytes).elements).toEqual([
      ["block-01", 7],
      [16, 1, { a: 1 }],
      [17, 2, null],
    ]);
  });

  test("tells when it was sent, not when it was made", () => {
    const envelope = new EnvelopeWriter(msgpack, callerHead, 1_000_000);
    envelope.add([4, 1]);
    const bytes = envelope.finish();
    stampSentAt(bytes, 1234.5);
    expect(readEnvelope(msgpack, bytes).head).toEqual([1234.5]);
  });

  test("takes no more frames, bytes and values than a receiver does", () => {
    const frames = writer();
    for (let i = 0; i < maxFrames; i++) expect(frames.add([4, i])).toBeUndefined();
    expect(frames.add([4, 99])).toBe("full");
    const bytes = writer();
    bytes.add([16, 1, "x".repeat(maxBatchBytes - 100)]);
    expect(bytes.add([16, 2, "x".repeat(200)])).toBe("full");
    const values = writer();
    values.add([16, 1, new Array(maxElements / 2).fill(0)]);
    expect(values.add([16, 2, new Array(maxElements / 2).fill(0)])).toBe("full");
    for (const full of [frames, bytes, values]) expect(() => readEnvelope(msgpack, full.finish())).not.toThrow();
  });

  test("takes one frame however large it is", () => {
    const envelope = writer();
    expect(envelope.add([16, 1, "x".repeat(500_000)])).toBeUndefined();
    expect(envelope.add([4, 2])).toBe("full");
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
    const [, ...frames] = readEnvelope(msgpack, second.finish()).elements;
    expect(frames.map(([, id]) => id)).toEqual([4, 19]);
  });

  test.each([
    ["another version", "02dc000190", /version is 2/],
    ["no array", "01c0", /no array/],
    ["no head", "0190", /with a head/],
    ["a head that is no array", "0191c0", /no array/],
    ["a frame that is no array", "01929001", /no array/],
    ["too many frames", `01dc0022${"90".repeat(34)}`, /32 frames/],
    ["nothing", "", /version/],
  ])("refuses %s", (_, hex, problem) => {
    expect(() => readEnvelope(msgpack, Buffer.from(hex, "hex"))).toThrow(problem);
  });
});
