import { describe, expect, test } from "vitest";
import { readCallerHead } from "./read-caller-head.ts";

describe("the head of a caller", () => {
  test("is read as docs/wire.md has it", () => {
    expect(readCallerHead([12.5, "i1", 7, [9, 9, 12, 40]])).toEqual({
      sentAt: 12.5,
      incarnation: "i1",
      floor: 7,
      acknowledged: [9, 9, 12, 40],
    });
  });

  test("may leave out what a caller has nothing to say of", () => {
    const least = { sentAt: 1, incarnation: undefined, floor: 1, acknowledged: [] };
    expect(readCallerHead([1])).toEqual(least);
    expect(readCallerHead([1, null, 1, [], "not defined yet"])).toEqual(least);
  });

  test.each([
    [[]],
    [["1"]],
    [[Number.NaN]],
    [[1, 7]],
    [[1, ""]],
    [[1, "i".repeat(65)]],
    [[1, null, 0]],
    [[1, null, 1.5]],
    [[1, null, "1"]],
    [[1, null, 1, 5]],
    [[1, null, 1, [5]]],
    [[1, null, 1, [5, 4]]],
    [[1, null, 1, [5, 6, 6, 7]]],
    [[1, null, 1, ["5", 6]]],
    [[1, null, 1, Array.from({ length: 34 }, (_, at) => at + 1)]],
  ])("refuses %j", (head) => {
    expect(() => readCallerHead(head)).toThrow(/expected/);
  });
});
