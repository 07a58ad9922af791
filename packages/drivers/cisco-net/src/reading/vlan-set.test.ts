import fc from "fast-check";
import { expect, test } from "vitest";
import { idsOf, lastVlan, parseVlans, rangesOf, vlanLists } from "./vlan-set.ts";

const vlanIds = fc.uniqueArray(fc.integer({ min: 1, max: lastVlan }), { maxLength: 300 });

test("lists are read as they are written, whatever their order, and none is the empty one", () => {
  expect(parseVlans("1-3,5")).toEqual(new Set([1, 2, 3, 5]));
  expect(parseVlans(" 7 , 5-6 ")).toEqual(new Set([7, 5, 6]));
  expect(parseVlans("none")).toEqual(new Set());
  for (const odd of ["", "all", "1-", "3-1", "1,,2", "5000", "a", "1 2", "1;2"])
    expect(parseVlans(odd), odd).toBeUndefined();
});

test("what is written is read back to the same, in any order of the ids, by lines that are short enough", () => {
  fc.assert(
    fc.property(vlanIds, fc.integer({ min: 9, max: 240 }), (ids, longest) => {
      const lists = vlanLists(ids, longest);
      const read = lists.map((list) => parseVlans(list)!);
      expect(new Set(read.flatMap((some) => [...some]))).toEqual(new Set(ids));
      expect(read.reduce((sum, some) => sum + some.size, 0)).toBe(ids.length);
      for (const list of lists) expect(list.length).toBeLessThanOrEqual(longest);
    }),
  );
});

test("ranges hold what they are made of, ascending, and no two of them could be one", () => {
  fc.assert(
    fc.property(vlanIds, (ids) => {
      const ranges = rangesOf(ids);
      expect([...idsOf(ranges)].sort((a, b) => a - b)).toEqual([...ids].sort((a, b) => a - b));
      for (const [index, [first, last]] of ranges.entries()) {
        expect(first).toBeLessThanOrEqual(last);
        if (index > 0) expect(first).toBeGreaterThan(ranges[index - 1]![1] + 1);
      }
    }),
  );
});
