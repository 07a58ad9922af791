import fc from "fast-check";
import { Packr } from "msgpackr/pack";
import { describe, expect, test } from "vitest";
import { maxDepth, maxElements } from "./limits.ts";
import { Msgpack } from "./msgpack.ts";
import { scan } from "./scan.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const whole = (bytes: Uint8Array) => scan(bytes, 0, bytes.length);
const repeat = (byte: number, times: number) => Buffer.alloc(times, byte);

describe("scan", () => {
  test.each([
    ["a record definition, which compiles a reader", hex("d4 72 40 91 a1 61 01"), /extension/],
    ["a record with a two-byte id, which is never freed", hex("d5 72 41 01 91 a1 61 01"), /extension/],
    ["a clone pointer's id", hex("d6 69 00000001 90"), /extension/],
    ["a clone pointer", hex("d6 70 00000001"), /extension/],
    ["a big number of a million digits", Buffer.concat([hex("81 c9 000f4240 42"), repeat(0xff, 1e6)]), /extension/],
    ["a regular expression", hex("d4 78 00 92 a1 61 a0"), /extension/],
    ["a set", hex("d4 73 00 91 01"), /extension/],
    ["an error", hex("d4 65 00 93 a7 76616c75654f66 a0 c0"), /extension/],
    ["undefined as an extension", hex("d4 00 00"), /extension/],
    ["a bundle of strings", hex("c8 0004 62 00000000"), /extension/],
    ["0xc1", hex("c1"), /0xc1/],
    ["an array of 4 Gi", hex("dd ffffffff"), /early/],
    ["a map of 4 Gi", hex("df ffffffff"), /early/],
    ["a text of 4 Gi", hex("db ffffffff"), /early/],
    ["arrays of 65,535 within each other", Buffer.concat([hex("dcffff"), hex("dcffff"), hex("dcffff")]), /early/],
    ["a map key that is a number", hex("81 01 01"), /key/],
    ["a map key that is an array", hex("81 90 01"), /key/],
    ["a map key that is bytes", hex("81 c4 01 00 01"), /key/],
    ["the key __proto__", hex("81 a9 5f5f70726f746f5f5f 80"), /__proto__/],
    ["a byte too many", hex("01 01"), /follow/],
    ["nothing", hex(""), /early/],
    ["half a number", hex("cb 00"), /early/],
    ["nesting one too deep", Buffer.concat([repeat(0x91, maxDepth + 1), hex("c0")]), /deep/],
    ["nesting of 5,000", Buffer.concat([repeat(0x91, 5_000), hex("c0")]), /deep/],
    ["one value too many", Buffer.concat([hex("dd 00010001"), repeat(0xc0, maxElements + 1)]), /values/],
  ])("refuses %s", (_, bytes, problem) => {
    expect(whole(bytes)).toMatch(problem);
  });

  test("takes as deep and as much as it may", () => {
    expect(whole(Buffer.concat([repeat(0x91, maxDepth), hex("c0")]))).toBe(maxDepth);
    expect(whole(Buffer.concat([hex("dd"), hex("00010000"), repeat(0xc0, maxElements)]))).toBe(maxElements);
  });

  test("takes the timestamps, and they are dates again", () => {
    const msgpack = new Msgpack();
    for (const date of [new Date(0), new Date(1_700_000_000_123), new Date(-5_000), new Date(1e14)]) {
      const packed = msgpack.pack([date]);
      if (typeof packed === "string") throw new Error(packed);
      expect(msgpack.unpack(Buffer.from(packed.bytes.subarray(packed.start, packed.end)), 0)).toEqual([date]);
    }
  });

  test("takes whatever an encoder makes of plain values, up to the last byte and not without it", () => {
    const packr = new Packr({ useRecords: false, variableMapSize: true });
    const value = fc.jsonValue({ maxDepth: 8 });
    fc.assert(
      fc.property(value, (plain) => {
        const bytes = packr.pack(plain);
        if (bytes.includes("__proto__")) return;
        expect(whole(bytes)).toEqual(expect.any(Number));
        if (bytes.length > 1) expect(scan(bytes, 0, bytes.length - 1)).toEqual(expect.any(String));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
