import fc from "fast-check";
import { expect, test } from "vitest";
import { boundedValue } from "./bounded-value.ts";

const limits = { depth: 4, nodes: 50, text: 30 };

test("whatever comes in, JSON can write what comes out, and its size is bounded", () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
      (value) => {
        const text = JSON.stringify(boundedValue(value, limits));
        expect(typeof text).toBe("string");
        expect(text.length).toBeLessThan(limits.nodes * (2 * 6 * limits.text + 40));
      },
    ),
  );
});

test("what goes round in circles is cut", () => {
  const circle: Record<string, unknown> = { name: "circle" };
  circle.self = circle;
  expect(boundedValue(circle, { ...limits, depth: 2 })).toEqual({
    name: "circle",
    self: { name: "circle", self: "{…}" },
  });
});

test("what is left out says so", () => {
  const many = Array.from({ length: 100 }, (_, index) => index);
  expect((boundedValue(many, limits) as unknown[]).at(-1)).toBe("… 51 more");
  expect(boundedValue("a".repeat(40), limits)).toBe(`${"a".repeat(30)}…`);
});

test("secrets of objects that are not plain stay inside", () => {
  expect(boundedValue(new Uint8Array(9), limits)).toBe("[9 bytes]");
  expect(boundedValue(new Error("no"), limits)).toEqual({ error: "Error: no" });
  expect(boundedValue(() => 1, limits)).toMatch(/^\[function/);
});

test("what throws when it is read hides only itself, however deep it lies", () => {
  const value = {
    exported: 3,
    get broken(): never {
      throw new Error("no index");
    },
    nested: [
      {
        name: "a",
        get deep(): never {
          throw new Error("deep");
        },
      },
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error("closed");
          },
        },
      ),
      "last",
    ],
  };
  expect(boundedValue(value, { ...limits, text: 60 })).toEqual({
    exported: 3,
    broken: "[cannot be shown: no index]",
    nested: [{ name: "a", deep: "[cannot be shown: deep]" }, "[cannot be shown: closed]", "last"],
  });
});
