import fc from "fast-check";
import { expect, test } from "vitest";
import { formatVlanList, parseVlanList } from "./vlan-list.ts";

test("a list that is written out is read back as the same ids", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 4094 }), { minLength: 1 }), (ids) => {
      expect(parseVlanList(formatVlanList(ids))).toEqual([...ids].sort((one, other) => one - other));
    }),
  );
});

test("neighbours become ranges", () => {
  expect(formatVlanList([5, 1, 3, 4, 2, 9, 8])).toBe("1-5,8-9");
  expect(formatVlanList([])).toBe("");
});

test.each(["0", "4095", "5-3", "1,,2", "a", "", "1-", "1 2", "99999999"])("%j is refused", (list) => {
  expect(() => parseVlanList(list)).toThrow("% Invalid value/range");
});
