/** Stretches of seen numbers that one caller can have this process remember. Beyond, the lowest gap closes. */
const maxIntervals = 1_024;

/**
 * The numbers that one conversation has consumed, as intervals: one, but for what is still on its way and what breaks have
 * lost. It forgets no number. Where there are too many gaps the lowest one closes: its numbers count as seen, so that they never run.
 */
export class SeenNumbers {
  /** First and last of each interval, ascending. The first of them begins at 0, which is no number. */
  readonly #bounds: number[];
  readonly #maxIntervals: number;

  /** @param highest all numbers up to it count as seen */
  constructor(highest = 0, most: number = maxIntervals) {
    this.#bounds = [0, highest];
    this.#maxIntervals = most;
  }

  /** No higher number has been seen. */
  get highest(): number {
    return this.#bounds[this.#bounds.length - 1]!;
  }

  get intervals(): number {
    return this.#bounds.length / 2;
  }

  has(number: number): boolean {
    return number <= this.#bounds[this.#find(number) + 1]!;
  }

  /** Returns whether it had not been seen. */
  add(number: number): boolean {
    const bounds = this.#bounds;
    const last = bounds.length - 1;
    const highest = bounds[last]!;
    if (number === highest + 1) bounds[last] = number;
    else if (number > highest) {
      bounds.push(number, number);
      this.#closeLowest();
    } else return this.#addWithin(number);
    return true;
  }

  /** All numbers below it count as seen. */
  raise(floor: number): void {
    const bounds = this.#bounds;
    if (floor - 1 <= bounds[1]!) return;
    let last = 1;
    while (last + 1 < bounds.length && bounds[last + 1]! <= floor) last += 2;
    bounds.splice(1, last, Math.max(floor - 1, bounds[last]!));
  }

  #addWithin(number: number): boolean {
    const bounds = this.#bounds;
    const before = this.#find(number);
    if (number <= bounds[before + 1]!) return false;
    const continues = bounds[before + 1] === number - 1;
    const leads = bounds[before + 2] === number + 1;
    if (continues && leads) bounds.splice(before + 1, 2);
    else if (continues) bounds[before + 1] = number;
    else if (leads) bounds[before + 2] = number;
    else {
      bounds.splice(before + 2, 0, number, number);
      this.#closeLowest();
    }
    return true;
  }

  #closeLowest(): void {
    if (this.intervals > this.#maxIntervals) this.#bounds.splice(1, 2);
  }

  /** Where the last interval is that begins no later. */
  #find(number: number): number {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length / 2 - 1;
    // Nearly always the last one.
    if (number >= bounds[2 * high]!) return 2 * high;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (bounds[2 * middle]! <= number) low = middle;
      else high = middle - 1;
    }
    return 2 * low;
  }
}
