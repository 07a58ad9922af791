import fc from "fast-check";
import { expect, it } from "vitest";
import { holds, merged, type Range, within, without } from "./range.ts";

const range = fc
  .tuple(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 0n, max: 10n }))
  .map(([first, more]): Range => ({ first, last: first + more }));
const ranges = fc.array(range, { maxLength: 6 });
const numbers = Array.from({ length: 55 }, (_, index) => BigInt(index));
const among = (all: readonly Range[], number: bigint) => all.some((one) => holds(one, number));

it("takes ranges from ranges, and what is in both, number by number", () => {
  fc.assert(
    fc.property(ranges, ranges, (ones, others) => {
      for (const number of numbers) {
        expect(among(without(ones, others), number)).toBe(among(ones, number) && !among(others, number));
        expect(among(within(ones, others), number)).toBe(among(ones, number) && among(others, number));
      }
    }),
  );
});

it("puts ranges in order so that none touches another", () => {
  fc.assert(
    fc.property(ranges, (ones) => {
      const result = merged(ones);
      for (const [index, { first, last }] of result.entries()) {
        expect(first <= last).toBe(true);
        if (index > 0) expect(first > result[index - 1]!.last + 1n).toBe(true);
      }
      for (const number of numbers) expect(among(result, number)).toBe(among(ones, number));
    }),
  );
});
