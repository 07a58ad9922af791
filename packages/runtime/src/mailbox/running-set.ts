/** The place of an entry that runs. */
export interface Placed {
  runIndex: number;
}

/** What runs now, in no order. Adding and removing are one write each into an array that keeps its size. */
export class RunningSet<E extends Placed> {
  readonly #entries: (E | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(entry: E): void {
    entry.runIndex = this.#size;
    this.#entries[this.#size++] = entry;
  }

  remove(entry: E): void {
    const last = this.#entries[--this.#size]!;
    if (last !== entry) {
      this.#entries[entry.runIndex] = last;
      last.runIndex = entry.runIndex;
    }
    this.#entries[this.#size] = undefined;
  }

  *[Symbol.iterator](): Generator<E> {
    for (const entry of this.#entries) {
      if (entry === undefined) return;
      yield entry;
    }
  }
}
