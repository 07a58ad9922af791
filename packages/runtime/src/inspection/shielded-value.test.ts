import { expect, test } from "vitest";
import { shieldedValue } from "./shielded-value.ts";

test("what reading cannot harm is given on as it is", () => {
  const circle: Record<string, unknown> = { since: new Date(0), seen: new Set([1]), list: [{ a: 1 }] };
  circle.self = circle;
  expect(shieldedValue(circle)).toBe(circle);
  for (const plain of [1, "a", null, undefined, new Map()]) expect(shieldedValue(plain)).toBe(plain);
});

test("a property that runs code is read once, and one that throws hides only itself", () => {
  let reads = 0;
  const value = {
    plain: 1,
    get counted() {
      return ++reads;
    },
    nested: [
      {
        get broken(): never {
          throw new Error("no");
        },
      },
    ],
  };
  const shielded = shieldedValue(value) as typeof value;
  expect(JSON.stringify(shielded)).toBe('{"plain":1,"counted":1,"nested":[{"broken":"[cannot be shown: no]"}]}');
  expect([shielded.counted, shielded.counted, reads]).toEqual([1, 1, 1]);
});

test("a proxy that throws is named in its place", () => {
  const proxy = new Proxy([], {
    get() {
      throw new Error("closed");
    },
  });
  expect(shieldedValue({ proxy, beside: 2 })).toEqual({ proxy: "[cannot be shown: closed]", beside: 2 });
});
