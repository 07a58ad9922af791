import fc from "fast-check";
import { Packr } from "msgpackr/pack";
import { expect, test } from "vitest";
import { PlainReader, unread } from "./plain-reader.ts";
import { scan } from "./scan.ts";

const general = new Packr({ useRecords: false, int64AsType: "number", encodeUndefinedAsNil: true });

// Half of a pair of surrogates is no text.
const text = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: "grapheme", maxLength: 400 }));
const key = text.filter((name) => name !== "__proto__" && name !== "toJSON" && name !== "constructor");
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    text,
    fc.oneof(fc.integer(), fc.integer({ min: -70_000, max: 70_000 }), fc.double(), fc.maxSafeInteger()),
    fc.constantFrom(null, true, false),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.array(tie("value"), { maxLength: 40 }),
    fc.dictionary(key, tie("value"), { maxKeys: 20, noNullPrototype: true }),
  ),
})).value;

test("what is read is what the library reads, wherever it stands", () => {
  const reader = new PlainReader();
  fc.assert(
    fc.property(value, fc.nat({ max: 20 }), (written, before) => {
      const bytes = Buffer.concat([Buffer.alloc(before), general.pack(written)]);
      expect(typeof scan(bytes, before, bytes.length)).toBe("number");
      expect(reader.read(bytes, before)).toEqual(general.unpack(bytes, { start: before, end: bytes.length }));
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ["a float of 4 bytes", [0xca, 0x3f, 0xc0, 0, 0], 1.5],
  ["an integer of 8 bytes", [0xcf, 0, 0x10, 0, 0, 0, 0, 0, 0], 2 ** 52],
  ["a negative integer of 8 bytes", [0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], -2],
  ["an array with the longest header", [0xdd, 0, 0, 0, 1, 0x07], [7]],
  ["a map with the longest header", [0xdf, 0, 0, 0, 1, 0xa1, 0x61, 0x07], { a: 7 }],
  ["a key with a long header", [0x81, 0xd9, 1, 0x61, 0x07], { a: 7 }],
  ["an empty key", [0x81, 0xa0, 0x07], { "": 7 }],
  ["text with the longest header", [0xdb, 0, 0, 0, 1, 0x61], "a"],
  ["bytes with the longest header", [0xc6, 0, 0, 0, 1, 0x61], Buffer.from("a")],
  ["text that is no UTF-8", [0xa2, 0x61, 0xff], "a\ufffd"],
])("%s is read", (_, bytes, read) => {
  expect(typeof scan(Buffer.from(bytes), 0, bytes.length)).toBe("number");
  expect(new PlainReader().read(Buffer.from(bytes), 0)).toEqual(read);
});

test("names that look alike to the memory of names are told apart", () => {
  const reader = new PlainReader();
  const names = ["abcd", "acbd", "abbd", "aéd", "abcd"];
  for (const name of [...names, ...names]) {
    const bytes = general.pack({ [name]: 1 });
    expect(reader.read(bytes, 0)).toEqual({ [name]: 1 });
  }
});

test("bytes that were read stay what they were when the message's are used again", () => {
  const bytes = general.pack([Buffer.from("abc"), { name: 1 }]);
  const reader = new PlainReader();
  const [read] = reader.read(bytes, 0) as [Buffer];
  bytes.fill(0);
  expect(Buffer.from(read).toString()).toBe("abc");
  const again = general.pack([1, { name: 2 }]);
  expect(reader.read(again, 0)).toEqual([1, { name: 2 }]);
});

test("a timestamp, wherever it stands, is left to the library", () => {
  const reader = new PlainReader();
  for (const written of [new Date(1), [1, { at: new Date(1_700_000_000_123) }, 2], { at: new Date(2 ** 40) }])
    expect(reader.read(general.pack(written), 0)).toBe(unread);
  expect(reader.read(general.pack([1]), 0)).toEqual([1]);
});
