import fc from "fast-check";
import { expect, test } from "vitest";
import { copyShared } from "./copy-shared.ts";

/** Every object reachable from a value. */
function objectsOf(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== "object" || value === null || found.has(value)) return found;
  found.add(value);
  for (const inner of Object.values(value)) objectsOf(inner, found);
  return found;
}

const json = fc.jsonValue({ maxDepth: 4 });

test("a value that passed through whole is copied whole", () => {
  fc.assert(
    fc.property(json, (value) => {
      const before = structuredClone(value);
      const copy = copyShared(value, value);
      expect(copy).toEqual(before);
      for (const object of objectsOf(copy)) expect(objectsOf(value)).not.toContain(object);
    }),
  );
});

test("whatever part of it passed through is copied, and what the schema made is kept", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), fc.array(json), (members, elements) => {
      const raw = { members, elements, same: members };
      const parsed = { members: { ...members }, elements: [...elements], same: members };
      const before = structuredClone(parsed);
      const separate = copyShared(parsed, raw);
      expect(separate).toBe(parsed);
      expect(separate).toEqual(before);
      for (const object of objectsOf(separate)) expect(objectsOf(raw)).not.toContain(object);
    }),
  );
});

test("shared and circular references stay what they are", () => {
  const inner = { n: 1 };
  const value: Record<string, unknown> = { one: inner, two: inner };
  value.self = value;
  const copy = copyShared(value, value) as typeof value;
  expect(copy).not.toBe(value);
  expect(copy.one).not.toBe(inner);
  expect(copy.one).toBe(copy.two);
  expect(copy.self).toBe(copy);
});

test("what a schema froze is copied where it must be", () => {
  const raw = { tags: ["a"], list: [["b"]] };
  const parsed = Object.freeze({ tags: raw.tags, list: Object.freeze([raw.list[0]]) });
  const separate = copyShared(parsed, raw) as typeof raw;
  expect(separate).toEqual(raw);
  separate.tags.push("c");
  separate.list[0]?.push("d");
  expect(raw).toEqual({ tags: ["a"], list: [["b"]] });
});

test("dates and bytes are copied; instances of other classes are handed over", () => {
  class Volume {
    name = "db";
  }
  const raw = { at: new Date(5), bytes: Buffer.from("abc"), volume: new Volume(), map: new Map() };
  const copy = copyShared(raw, raw) as typeof raw;
  copy.bytes[0] = 0;
  copy.at.setTime(6);
  expect(raw.bytes.toString()).toBe("abc");
  expect(Buffer.isBuffer(copy.bytes)).toBe(true);
  expect(raw.at.getTime()).toBe(5);
  expect(copy.volume).toBe(raw.volume);
  expect(copy.map).toBe(raw.map);
});

test("a member called __proto__ is data like any other", () => {
  const raw = JSON.parse('{"__proto__": {"admin": true}, "x": 1}');
  const copy = copyShared(raw, raw) as Record<string, unknown>;
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  expect(copy.admin).toBeUndefined();
  const parsed = JSON.parse('{"__proto__": null}');
  parsed.inner = raw;
  expect(Object.getPrototypeOf(copyShared(parsed, { inner: raw }))).toBe(Object.prototype);
});

test("what is no object costs nothing and is itself", () => {
  for (const value of [undefined, null, 0, "", true, 7n]) expect(copyShared(value, value)).toBe(value);
  const made = { a: 1 };
  expect(copyShared(made, { a: 1 })).toBe(made);
  expect(copyShared(made, "text")).toBe(made);
});
