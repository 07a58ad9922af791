import { type Range, sizeOf } from "./range.ts";

/** Counts how many numbers of a range are taken. */
export type CountTaken = (range: Range) => Promise<bigint>;

/**
 * The lowest number of the ranges that is not taken, or undefined when all are. It asks for counts only, never for the numbers:
 * among n taken ones a free one lies within the first n + 1, and halving that finds it. A range of 2^64 costs no more than what
 * is taken of it.
 */
async function lowestFree(ranges: readonly Range[], countTaken: CountTaken): Promise<bigint | undefined> {
  for (const range of ranges) {
    const taken = await countTaken(range);
    if (taken < sizeOf(range)) return halved({ first: range.first, last: range.first + taken }, countTaken);
  }
  return undefined;
}

async function halved({ first, last }: Range, countTaken: CountTaken): Promise<bigint> {
  while (first < last) {
    const middle = first + (last - first) / 2n;
    const lower = { first, last: middle };
    if ((await countTaken(lower)) < sizeOf(lower)) last = middle;
    else first = middle + 1n;
  }
  return first;
}

/**
 * Claims the lowest number that is free; undefined when none is. The claim decides, not the counts: of what somebody else has
 * taken between the look and the claim nothing is known, and the whole of it is done again.
 *
 * @param claim false when somebody else has it
 */
export async function claimLowest(
  ranges: readonly Range[],
  countTaken: CountTaken,
  claim: (number: bigint) => Promise<boolean>,
): Promise<bigint | undefined> {
  for (;;) {
    const free = await lowestFree(ranges, countTaken);
    if (free === undefined || (await claim(free))) return free;
  }
}
