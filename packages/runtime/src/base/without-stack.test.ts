import { expect, test } from "vitest";
import { withoutStack } from "./without-stack.ts";

const framesOf = ({ stack = "" }: Error) => stack.split("\n").filter((line) => line.startsWith("    at "));

test("an error is made without its stack, and those after it have theirs", () => {
  expect(framesOf(withoutStack(() => new Error("refused")))).toEqual([]);
  expect(framesOf(new Error("later")).length).toBeGreaterThan(0);
});

test("what throws instead leaves later errors their stack", () => {
  expect(() =>
    withoutStack(() => {
      throw new TypeError("none made");
    }),
  ).toThrow("none made");
  expect(framesOf(new Error("later")).length).toBeGreaterThan(0);
});
