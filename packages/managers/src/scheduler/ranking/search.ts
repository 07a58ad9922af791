import { BestRows } from "./best-rows.ts";
import type { Block, RowNumbers, SortedRows } from "./sorted-rows.ts";

/** What is looked for among rows in the order of their room. */
export interface Wanted {
  /** The least room that fits. */
  readonly least: number;
  /** What the room is divided by to be the first weight. */
  readonly amount: number;
  readonly multipliers: readonly number[];
  /** Rows that are passed by. */
  readonly without: ReadonlySet<number>;
  /** How many of the best are named. */
  readonly ranked: number;
  /** Scores closer than this are equal. */
  readonly rounding: number;
}

/** The part of a block that fits. */
interface Part {
  readonly block: Block;
  /** Where it begins. */
  readonly from: number;
  /** Some of its rows are passed by. */
  readonly hasGaps: boolean;
  /** No score of it is higher. */
  bound: number;
}

/** How many of the most promising parts are looked at before all others in their order. */
const first = 4;

/** The rows that fit, weighed as {@link file://../weighing.ts} weighs them, to the last bit; most are never looked at. */
export class Search {
  readonly best: BestRows;
  readonly candidates: number;
  /** How many have the best score. */
  readonly tied: number;
  readonly #numbers: RowNumbers;
  readonly #wanted: Wanted;
  readonly #parts: readonly Part[];
  /** By weight: the lowest of all candidates, and what a difference of one is worth. */
  readonly #lowest: number[];
  readonly #factors: number[];

  constructor(rows: SortedRows, numbers: RowNumbers, wanted: Wanted) {
    this.#numbers = numbers;
    this.#wanted = wanted;
    this.#parts = partsOf(rows, numbers, wanted);
    const ranges = this.#ranges();
    this.candidates = ranges.count;
    this.#lowest = ranges.lowest;
    this.#factors = wanted.multipliers.map((multiplier, n) => {
      const [low, high] = [ranges.lowest[n]!, ranges.highest[n]!];
      return high > low ? multiplier / (high - low) : 0;
    });
    this.best = new BestRows(wanted.ranked);
    this.#findBest();
    this.tied = this.#tiedParts().reduce((sum, part) => sum + this.#tiedIn(part), 0);
  }

  /** What a weigher says of a row. */
  weight(n: number, row: number): number {
    return n === 0 ? this.#numbers[0]![row]! / this.#wanted.amount : this.#numbers[n]![row]!;
  }

  /** What that adds to its score. */
  share(n: number, row: number): number {
    return (this.weight(n, row) - this.#lowest[n]!) * this.#factors[n]!;
  }

  score(row: number): number {
    let sum = 0;
    for (let n = 0; n < this.#factors.length; n++) sum += this.share(n, row);
    return sum;
  }

  /** One of those with the best score, by its place among them; undefined beyond. */
  tiedAt(place: number): number | undefined {
    let left = place;
    for (const part of this.#tiedParts()) {
      const count = this.#tiedIn(part);
      if (left >= count) left -= count;
      else return this.#tiedRow(part, left);
    }
    return undefined;
  }

  /** The count of candidates and, by weight, the lowest and the highest of them. */
  #ranges() {
    const lowest = this.#numbers.map(() => Number.POSITIVE_INFINITY);
    const highest = this.#numbers.map(() => Number.NEGATIVE_INFINITY);
    const { amount } = this.#wanted;
    let count = 0;
    const take = (n: number, low: number, high: number) => {
      if (low < lowest[n]!) lowest[n] = low;
      if (high > highest[n]!) highest[n] = high;
    };
    for (const part of this.#parts) {
      const { block } = part;
      if (part.from === 0 && !part.hasGaps) {
        count += block.size;
        for (let n = 0; n < lowest.length; n++) take(n, block.lowest[n]!, block.highest[n]!);
      } else {
        this.#each(part, (row) => {
          count += 1;
          for (let n = 0; n < lowest.length; n++) take(n, this.#numbers[n]![row]!, this.#numbers[n]![row]!);
        });
      }
    }
    // Division keeps the order, so that the lowest quotient is that of the lowest.
    lowest[0]! /= amount;
    highest[0]! /= amount;
    return { count, lowest, highest };
  }

  #findBest(): void {
    const parts = this.#parts;
    for (const part of parts) part.bound = this.#boundOf(part.block);
    const seen = new Set<Part>();
    const look = (part: Part) => {
      seen.add(part);
      this.#each(
        part,
        (row) => this.best.offer(row, this.score(row)),
        part.block.isUniform ? this.#wanted.ranked : part.block.size,
      );
    };
    for (let turn = 0; turn < first; turn++) {
      let next: Part | undefined;
      for (const part of parts)
        if (!seen.has(part) && part.bound > (next?.bound ?? Number.NEGATIVE_INFINITY)) next = part;
      if (!next || next.bound < this.best.least) return;
      look(next);
    }
    for (const part of parts) if (part.bound >= this.best.least && !seen.has(part)) look(part);
  }

  /** Adding, multiplying and dividing keep the order also where they round, so that no score of a row is higher. */
  #boundOf({ lowest, highest }: Block): number {
    let sum = 0;
    for (let n = 0; n < this.#factors.length; n++) {
      const factor = this.#factors[n]!;
      const number = (factor > 0 ? highest : lowest)[n]!;
      sum += ((n === 0 ? number / this.#wanted.amount : number) - this.#lowest[n]!) * factor;
    }
    return sum;
  }

  /** Visits the rows of a part that are wanted: of rows that are all alike the first few stand for all. */
  #each({ block, from, hasGaps }: Part, visit: (row: number) => void, most = block.size): void {
    let left = most;
    for (let at = from; at < block.size && left > 0; at++) {
      const row = block.rows[at]!;
      if (hasGaps && this.#wanted.without.has(row)) continue;
      left -= 1;
      visit(row);
    }
  }

  #tiedParts(): readonly Part[] {
    const least = this.best.highest - this.#wanted.rounding;
    return this.#parts.filter(({ bound }) => bound >= least);
  }

  #tiedIn(part: Part): number {
    const { block, from, hasGaps } = part;
    if (block.isUniform && !hasGaps) return this.#isTied(block.rows[from]!) ? block.size - from : 0;
    let tied = 0;
    this.#each(part, (row) => {
      if (this.#isTied(row)) tied += 1;
    });
    return tied;
  }

  #tiedRow(part: Part, place: number): number | undefined {
    let left = place;
    let found: number | undefined;
    this.#each(part, (row) => {
      if (this.#isTied(row) && left-- === 0) found = row;
    });
    return found;
  }

  #isTied(row: number): boolean {
    return this.score(row) >= this.best.highest - this.#wanted.rounding;
  }
}

function partsOf(rows: SortedRows, numbers: RowNumbers, { least, without }: Wanted): Part[] {
  const { blocks } = rows;
  const begin = rows.firstFrom(least);
  const gaps = new Set<number>();
  for (const row of without) if (numbers[0]![row]! >= least) gaps.add(rows.blockOf(row));
  const parts: Part[] = [];
  for (let index = begin; index < blocks.length; index++) {
    const block = blocks[index]!;
    const from = index === begin ? rows.below(block, least) : 0;
    parts.push({ block, from, hasGaps: gaps.has(index), bound: 0 });
  }
  return parts;
}
