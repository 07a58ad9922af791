import { expect, test } from "vitest";
import { numberKey, pageOf } from "./page-of.ts";

const listed = (...keys: readonly string[]) => keys.map((key) => ({ key, item: key }));

test("pages go on after the last item, whether that is still there or not", () => {
  const first = pageOf(listed("c", "a", "b"), 2);
  expect(first).toEqual({ items: ["a", "b"], next: "b" });
  expect(pageOf(listed("c", "a", "d"), 2, first.next)).toEqual({ items: ["c", "d"] });
  expect(pageOf(listed("a"), 2, first.next)).toEqual({ items: [] });
});

test("a list that ends with a page has no next", () => {
  expect(pageOf(listed("a", "b"), 2)).toEqual({ items: ["a", "b"] });
});

test("keys of numbers sort as the numbers do", () => {
  const numbers = [0, 1, 9, 10, 999_999.9, 1e6, Number.MAX_SAFE_INTEGER];
  expect(numbers.map(numberKey).sort()).toEqual(numbers.map(numberKey));
});

test("a page ends before its items would not fit into a message, but has one at least", () => {
  const items = ["a", "b", "c", "d"].map((key) => ({ key, item: key.repeat(key === "d" ? 900_000 : 150_000) }));
  const first = pageOf(items, 4);
  expect([first.items.length, first.next]).toEqual([2, "b"]);
  const second = pageOf(items, 4, first.next);
  expect([second.items.length, second.next]).toEqual([1, "c"]);
  const last = pageOf(items, 4, second.next);
  expect([last.items.length, last.next]).toEqual([1, undefined]);
});

test("it is measured in bytes, as messages are", () => {
  const items = ["a", "b"].map((key) => ({ key, item: "卷".repeat(100_000) }));
  expect(pageOf(items, 2)).toEqual({ items: [items[0]!.item], next: "a" });
});
