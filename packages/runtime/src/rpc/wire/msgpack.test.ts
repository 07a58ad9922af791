import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryWeight, maxElements } from "./limits.ts";
import { Msgpack } from "./msgpack.ts";

const msgpack = new Msgpack();

function crossing(value: unknown): unknown {
  const packed = msgpack.pack([value]);
  if (typeof packed === "string") throw new Error(packed);
  return (msgpack.unpack(Buffer.from(packed.bytes.subarray(packed.start, packed.end)), 0) as unknown[])[0];
}

/** `REEVE_FUZZ=long` looks at a million. */
const numRuns = process.env.REEVE_FUZZ === "long" ? 1_000_000 : 5_000;

describe("Msgpack", () => {
  test("carries plain values, dates and bytes unchanged", () => {
    const value = fc.oneof(
      fc.json({ maxDepth: 5 }).map((text) => JSON.parse(text.replaceAll("-0", "0"))),
      fc.date({ noInvalidDate: true, min: new Date(-8e12), max: new Date(8e12) }),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      // Minus zero becomes zero, as in JSON.
      fc.double().map((number) => number + 0),
    );
    fc.assert(
      fc.property(value, (plain) => {
        if (JSON.stringify(plain)?.includes("__proto__")) return;
        const got = crossing(plain);
        if (plain instanceof Uint8Array) expect(Buffer.compare(got as Buffer, plain)).toBe(0);
        else expect(got).toEqual(plain);
      }),
      { seed: 2, numRuns: 1_000 },
    );
  });

  test("leaves out what is undefined, as JSON does", () => {
    expect(crossing({ a: undefined, b: [undefined], c: null })).toEqual({ b: [null], c: null });
    expect(Object.keys(crossing({ a: undefined }) as object)).toEqual([]);
  });

  test("gives bytes of their own, not a view of the message", () => {
    const packed = msgpack.pack([Buffer.from("abc")]);
    if (typeof packed === "string") throw new Error(packed);
    const message = Buffer.from(packed.bytes.subarray(packed.start, packed.end));
    const [bytes] = msgpack.unpack(message, 0) as [Buffer];
    message.fill(0);
    expect(bytes.toString()).toBe("abc");
  });

  test("reads 64-bit integers as numbers, so that they can be written as JSON", () => {
    const read = msgpack.unpack(Buffer.from("91d30000000100000000", "hex"), 0);
    expect(JSON.stringify(read)).toBe("[4294967296]");
  });

  test("says what cannot travel instead of throwing", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    let deep: unknown = 1;
    for (let level = 0; level < 70; level++) deep = [deep];
    expect(msgpack.pack(circle)).toMatch(/itself|deep/);
    expect(msgpack.pack(deep)).toMatch(/deep/);
    expect(msgpack.pack([Symbol("a")])).toMatch(/symbol/);
    expect(msgpack.pack([10n ** 30n])).toMatch(/large/);
    expect(msgpack.pack([new Date(Number.NaN)])).toMatch(/extension/);
    expect(msgpack.pack(Array.from({ length: maxElements + 1 }, () => 0))).toMatch(/values/);
    // And goes on working.
    expect(crossing({ a: 1 })).toEqual({ a: 1 });
  });

  test("quotes nothing of what it refuses", () => {
    const secret = Buffer.concat([Buffer.from("a6", "hex"), Buffer.from("hunter"), Buffer.from("01", "hex")]);
    expect(() => msgpack.unpack(secret, 0)).toThrow(/bytes follow/);
    expect(() => msgpack.unpack(secret, 0)).not.toThrow(/hunter/);
  });

  test("keeps nothing of the definitions and pointers that it refuses", () => {
    const definitions = Array.from({ length: 2_000 }, (_, i) =>
      Buffer.from(
        `d572${(i & 0xff).toString(16).padStart(2, "0")}${(i >> 8).toString(16).padStart(2, "0")}91a16101`,
        "hex",
      ),
    );
    for (const bytes of definitions) expect(() => msgpack.unpack(bytes, 0)).toThrow(/extension/);
    // 0x40 would be the first record: it is a number as long as no definition was kept.
    expect(msgpack.unpack(Buffer.from("9140", "hex"), 0)).toEqual([0x40]);
  });

  test(`refuses or reads any bytes (${numRuns} messages)`, () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.constantFrom(0x91, 0xdc, 0x81, 0xde, 0xd4, 0xc9), fc.uint8Array({ maxLength: 60 }))
        .map(([first, rest]) => Uint8Array.of(first, ...rest)),
    );
    fc.assert(
      fc.property(bytes, (message) => {
        try {
          msgpack.unpack(message, 0);
        } catch (error) {
          expect(error).toMatchObject({ reason: "MALFORMED_FRAME" });
        }
      }),
      { seed: 3, numRuns },
    );
  }, 600_000);

  test.each([
    ["an array of empty maps", Buffer.concat([Buffer.from("dd00010000", "hex"), Buffer.alloc(maxElements, 0x80)])],
    ["a map of distinct keys", mapOfKeys(maxElements / entryWeight)],
    ["a megabyte of text", Buffer.concat([Buffer.from("db00100000", "hex"), Buffer.alloc(1 << 20, "é")])],
  ])("reads the costliest message it takes within 50 ms: %s", (_, message) => {
    // The processor's time, and the best of some: other tests run on the same machine.
    let bestMs = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = process.cpuUsage();
      msgpack.unpack(message, 0);
      const { user, system } = process.cpuUsage(before);
      bestMs = Math.min(bestMs, (user + system) / 1_000);
    }
    expect(bestMs).toBeLessThan(50);
  });
});

function mapOfKeys(count: number): Buffer {
  const keys = Array.from({ length: count }, (_, i) =>
    Buffer.from(`\xa8${i.toString(36).padStart(8, "k")}\xc0`, "latin1"),
  );
  const head = Buffer.alloc(5);
  head[0] = 0xdf;
  head.writeUInt32BE(count, 1);
  return Buffer.concat([head, ...keys]);
}
