import { expect, test } from "vitest";
import { traceless } from "./traceless.ts";

const framesOf = ({ stack = "" }: Error) => stack.split("\n").filter((line) => line.startsWith("    at "));

test("an error is made without its stack, and those after it have theirs", () => {
  expect(framesOf(traceless(() => new Error("refused")))).toEqual([]);
  expect(framesOf(new Error("later")).length).toBeGreaterThan(0);
});

test("what throws instead leaves later errors their stack", () => {
  expect(() =>
    traceless(() => {
      throw new TypeError("none made");
    }),
  ).toThrow("none made");
  expect(framesOf(new Error("later")).length).toBeGreaterThan(0);
});
