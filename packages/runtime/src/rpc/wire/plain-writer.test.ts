import fc from "fast-check";
import { Packr } from "msgpackr/pack";
import { expect, test } from "vitest";
import { Msgpack, type Packed } from "./msgpack.ts";
import { notWritten, PlainWriter } from "./plain-writer.ts";
import { scan } from "./scan.ts";

const general = new Packr({
  useRecords: false,
  variableMapSize: true,
  skipValues: [undefined],
  encodeUndefinedAsNil: true,
});
const plain = new PlainWriter();

// As it can be in UTF-8: half of a pair of surrogates cannot.
const text = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: "grapheme", maxLength: 400 }));
// Their objects are not plain.
const key = text.filter((name) => !["__proto__", "constructor", "hasOwnProperty", "toJSON"].includes(name));
const number = fc.oneof(fc.integer(), fc.integer({ min: -200, max: 70_000 }), fc.double(), fc.maxSafeInteger());
const plainValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    text,
    number,
    fc.constantFrom(null, undefined, true, false),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(key, tie("value"), { maxKeys: 10, noNullPrototype: true }),
  ),
})).value;

test("plain values are written as the library writes them, and their weight is known", () => {
  fc.assert(
    fc.property(plainValue, (value) => {
      const length = plain.write(value);
      fc.pre(length !== notWritten || general.pack(value).length < 8_000);
      const bytes = plain.bytes.subarray(0, length);
      expect(bytes.toString("hex")).toBe(general.pack(value).toString("hex"));
      expect(scan(bytes, 0, length)).toBe(plain.values);
    }),
    { numRuns: 1_000 },
  );
});

test("what is too large is left to the library, whatever it is made of", () => {
  const large = [
    "x".repeat(20_000),
    "ä".repeat(9_000),
    Array(20_000).fill(1),
    Array(2_000).fill(1.5),
    Array(900).fill({ a: "abcdefghijklmnopqrs" }),
  ];
  for (const value of large) {
    expect(plain.write(value)).toBe(notWritten);
    expect(plain.write([1, { value }])).toBe(notWritten);
  }
  expect(plain.write("small")).toBe(6);
  // A little more than there is room for, or a little less.
  for (let length = 16_350; length < 16_420; length++) {
    for (const value of [Array(length).fill(1), [...Array(length - 9).fill(1), 1.5]]) {
      const end = plain.write(value);
      if (end !== notWritten) expect(plain.bytes.subarray(0, end).equals(general.pack(value))).toBe(true);
    }
  }
});

test("what a getter has written meanwhile disturbs nothing", () => {
  const msgpack = new Msgpack();
  let inner: unknown;
  const value = {
    before: "a",
    get meanwhile() {
      const packed = msgpack.pack({ other: [1, 2, 3] }) as Packed;
      inner = general.unpack(Buffer.from(packed.bytes.subarray(packed.start, packed.end)));
      return "b";
    },
    after: "c",
  };
  const { bytes, start, end } = msgpack.pack(value) as Packed;
  expect(general.unpack(bytes.subarray(start, end))).toEqual({ before: "a", meanwhile: "b", after: "c" });
  expect(inner).toEqual({ other: [1, 2, 3] });
});

test("a getter that throws is a reason why it cannot travel, and the next value can", () => {
  const msgpack = new Msgpack();
  const value = {
    get broken() {
      throw new Error("out of order");
    },
  };
  expect(msgpack.pack(value)).toBe("out of order");
  expect(plain.write(value)).toBe(notWritten);
  expect(plain.write(1)).toBe(1);
});

const circle: Record<string, unknown> = {};
circle.self = circle;

test.each([
  ["a date", new Date(0)],
  ["a map", new Map([["a", 1]])],
  ["bytes", Buffer.from("abc")],
  ["a large integer", 10n],
  [
    "an object of a class",
    new (class Point {
      x = 1;
    })(),
  ],
  ["an object without a prototype", Object.create(null)],
  ["an object that says itself how it is written", Object.create({ toJSON: () => 1 })],
  [
    "a map with more entries than a short header counts",
    Object.fromEntries(Array.from({ length: 16 }, (_, n) => [n, n])),
  ],
  ["the key __proto__", JSON.parse('{"__proto__":1}')],
  ["what refers to itself", circle],
  ["a symbol", Symbol("a")],
])("%s is left to the library, wherever it stands", (_, value) => {
  expect(plain.write(value)).toBe(notWritten);
  expect(plain.write([1, { a: value }])).toBe(notWritten);
});
