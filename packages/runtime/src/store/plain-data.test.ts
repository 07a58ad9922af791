import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePlain, digestPlain, encodePlain } from "./plain-data.ts";

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.bigInt(),
    fc.constantFrom(null, undefined),
    fc.date(),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("$", "value", "__proto__", "constructor")), tie("value"), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).value;

test("plain data comes back as it was", () => {
  fc.assert(
    fc.property(plain, (value) => {
      assert.deepStrictEqual(decodePlain(encodePlain("value", value)), value);
    }),
  );
});

test.each([
  ["a function", { a: [1, () => {}] }, "answer.a[1]: expected plain data, got function"],
  ["a symbol", { a: Symbol("s") }, "answer.a: expected plain data, got symbol"],
  ["a map", { deep: { m: new Map() } }, "answer.deep.m: expected plain data, got a Map"],
  ["a class of one's own", new (class Volume {})(), "answer: expected plain data, got a Volume"],
])("%s is refused with its place", (_, value, culprit) => {
  expect(() => encodePlain("answer", value)).toThrow(
    expect.objectContaining({ reason: "CONSTRAINT_FAILED", message: expect.stringContaining(culprit) }),
  );
});

test("a digest does not depend on the order of keys, but on everything else", () => {
  const digest = (value: unknown) => digestPlain("input", value);
  expect(digest({ a: 1, b: { c: [1, 2], d: undefined } })).toBe(digest({ b: { d: undefined, c: [1, 2] }, a: 1 }));
  const others = [
    { a: 1 },
    { a: "1" },
    { a: 1n },
    { a: [1, 2] },
    { a: [2, 1] },
    { a: new Date(1) },
    { a: undefined },
    {},
    "a",
  ];
  expect(new Set(others.map(digest)).size).toBe(others.length);
});
