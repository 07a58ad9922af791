/** Where an entry that runs is kept. */
export interface Placed {
  runIndex: number;
}

/** What runs now, in no order. Adding is one write of an entry into an array that lives long, and removing is none: those are dear. */
export class RunningSet<E extends Placed> {
  readonly #entries: (E | undefined)[] = [];
  /** Indices of `#entries` that are free, a stack of `#freeCount`. */
  readonly #free: number[] = [];
  #freeCount = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(entry: E): void {
    const index = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#entries.length;
    entry.runIndex = index;
    this.#entries[index] = entry;
    this.#size++;
  }

  remove({ runIndex }: E): void {
    this.#entries[runIndex] = undefined;
    this.#free[this.#freeCount++] = runIndex;
    this.#size--;
  }

  *[Symbol.iterator](): Generator<E> {
    for (const entry of this.#entries) if (entry !== undefined) yield entry;
  }
}
