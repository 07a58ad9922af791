import fc from "fast-check";
import { expect, it } from "vitest";
import { claimLowest } from "./lowest-free.ts";
import { holds, type Range } from "./range.ts";

/** Counts as a table does, and how often and over how much it was asked. */
function counter(taken: readonly bigint[]) {
  const asked: Range[] = [];
  const count = async (range: Range) => {
    asked.push(range);
    return BigInt(taken.filter((number) => holds(range, number)).length);
  };
  return { asked, count };
}

const unopposed = async () => true;

it("claims the lowest number that is not taken", async () => {
  const number = fc.bigInt({ min: 0n, max: 60n });
  const range = fc
    .tuple(number, fc.bigInt({ min: 0n, max: 12n }))
    .map(([first, more]): Range => ({ first, last: first + more }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(range, { maxLength: 4 }),
      fc.uniqueArray(number, { maxLength: 60 }),
      async (ranges, taken) => {
        const all = ranges.flatMap(({ first, last }) =>
          Array.from({ length: Number(last - first) + 1 }, (_, index) => first + BigInt(index)),
        );
        expect(await claimLowest(ranges, counter(taken).count, unopposed)).toBe(
          all.find((one) => !taken.includes(one)),
        );
      },
    ),
  );
});

it("asks for few counts, and in a /64 for none beyond what is taken of it", async () => {
  const first = 0xfd00n << 112n;
  const taken = Array.from({ length: 1000 }, (_, index) => first + BigInt(index));
  const { asked, count } = counter(taken);
  expect(await claimLowest([{ first, last: first + 2n ** 64n - 1n }], count, unopposed)).toBe(first + 1000n);
  expect(asked.length).toBeLessThanOrEqual(12);
  for (const { last } of asked.slice(1)) expect(last <= first + 1000n).toBe(true);
});

it("asks once about a range that is full", async () => {
  const taken = Array.from({ length: 4096 }, (_, index) => BigInt(index));
  const { asked, count } = counter(taken);
  expect(await claimLowest([{ first: 0n, last: 4095n }], count, unopposed)).toBeUndefined();
  expect(asked).toHaveLength(1);
});
