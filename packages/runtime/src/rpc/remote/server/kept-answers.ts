import { IdTable } from "../../../base/id-table.ts";

/** What a call was answered, for as long as that is remembered. */
export interface KeptAnswer {
  /** It is remembered for that call from now on. Returns how many bytes that takes. */
  kept(number: number): number;
  /** It is not remembered for that call any more. Returns how many bytes are free by that: none while others hold the same message. */
  dropped(number: number): number;
}

export interface KeptBounds {
  readonly answers: number;
  readonly bytes: number;
}

const defaultBounds: KeptBounds = { answers: 8_192, bytes: 8_388_608 };
/** So many numbers of a range are looked up one by one; for wider ones every answer is looked at, once for all of them. */
const narrow = 256;

/**
 * What the calls of one conversation were answered, until the caller has acknowledged it. When they are too many the oldest go.
 * An answer that goes takes no number with it: see {@link SeenNumbers}.
 */
export class KeptAnswers<A extends KeptAnswer> {
  readonly #answers = new IdTable<A>();
  readonly #bounds: KeptBounds;
  readonly #grew: (bytes: number) => void;
  /** Numbers as they were answered, those that were acknowledged since included. */
  #order: number[] = [];
  #oldest = 0;
  #bytes = 0;
  #floor = 1;
  #acknowledged: readonly number[] = [];

  /** @param grew told by how many bytes it grew, or shrank */
  constructor(grew: (bytes: number) => void = () => {}, bounds: KeptBounds = defaultBounds) {
    this.#grew = grew;
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#answers.size;
  }

  get(number: number): A | undefined {
    return this.#answers.get(number);
  }

  keep(number: number, answer: A): void {
    // Its caller has ended it before: nobody asks again.
    if (this.isAcknowledged(number)) return;
    const before = this.#drop(number);
    this.#answers.set(number, answer);
    this.#order.push(number);
    this.#count(answer.kept(number) - before);
    while (this.#exceeds()) this.#dropOldest();
    this.#forgetGone();
  }

  /**
   * The caller has these: everything below the floor, and each range. What was said before costs nothing, and the rest no more
   * than one look at each answer.
   *
   * @param ranges first and last of each, ascending
   */
  acknowledge(floor: number, ranges: readonly number[]): void {
    const wide: number[] = [];
    if (floor > this.#floor) {
      this.#free(this.#floor, floor - 1, wide);
      this.#floor = floor;
    }
    if (ranges.length > 0) eachNew(ranges, this.#acknowledged, (from, to) => this.#free(from, to, wide));
    this.#acknowledged = ranges;
    if (wide.length > 0) this.#freeWithin(wide);
  }

  /** Whether its caller has ended it, as far as the caller has said so. */
  isAcknowledged(number: number): boolean {
    return number < this.#floor || isWithin(number, this.#acknowledged);
  }

  clear(): void {
    this.#answers.forEach((answer, number) => void answer.dropped(number));
    this.#answers.clear();
    this.#order = [];
    this.#oldest = 0;
    this.#count(-this.#bytes);
  }

  /** @param wide takes the range where it is too wide for looking at each of its numbers */
  #free(from: number, to: number, wide: number[]): void {
    if (this.#answers.size === 0) return;
    if (to - from >= narrow) {
      wide.push(from, to);
      return;
    }
    let bytes = 0;
    for (let number = from; number <= to; number++) bytes += this.#drop(number);
    this.#count(-bytes);
  }

  #freeWithin(ranges: readonly number[]): void {
    const within: number[] = [];
    this.#answers.forEach((_, number) => {
      if (isWithin(number, ranges)) within.push(number);
    });
    let bytes = 0;
    for (const number of within) bytes += this.#drop(number);
    this.#count(-bytes);
  }

  #exceeds(): boolean {
    const { answers, bytes } = this.#bounds;
    return this.#answers.size > answers || this.#bytes > bytes;
  }

  #dropOldest(): void {
    this.#count(-this.#drop(this.#order[this.#oldest++]!));
  }

  /** Returns how many bytes less there are. */
  #drop(number: number): number {
    const answer = this.#answers.get(number);
    if (answer === undefined) return 0;
    this.#answers.delete(number);
    return answer.dropped(number);
  }

  /** Most are acknowledged long before they would be the oldest. */
  #forgetGone(): void {
    if (this.#order.length <= 2 * this.#answers.size + 64) return;
    this.#order = this.#order.slice(this.#oldest).filter((number) => this.#answers.has(number));
    this.#oldest = 0;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#grew(bytes);
  }
}

/** @param ranges first and last of each, ascending */
function isWithin(number: number, ranges: readonly number[]): boolean {
  for (let at = 0; at < ranges.length && number >= ranges[at]!; at += 2) if (number <= ranges[at + 1]!) return true;
  return false;
}

/** Calls back for what lies in the ranges and not in those that are known. Both are ascending. */
function eachNew(ranges: readonly number[], known: readonly number[], visit: (from: number, to: number) => void): void {
  for (let at = 0; at < ranges.length; at += 2) {
    let from = ranges[at]!;
    const to = ranges[at + 1]!;
    for (let k = 0; k < known.length && known[k]! <= to; k += 2) {
      if (known[k + 1]! < from) continue;
      if (known[k]! > from) visit(from, known[k]! - 1);
      from = known[k + 1]! + 1;
    }
    if (from <= to) visit(from, to);
  }
}
