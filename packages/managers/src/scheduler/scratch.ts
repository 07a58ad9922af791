/** Room to work in, used again by each placement: hundreds of kilobytes a time would keep the garbage collector busy. */
export class Scratch {
  #rows = new Uint32Array(0);
  readonly #numbers: Float64Array[] = [];

  /** Holds what was there before. */
  rows(size: number): Uint32Array {
    if (this.#rows.length < size) this.#rows = new Uint32Array(size * 2);
    return this.#rows.subarray(0, size);
  }

  /** Holds what was there before. @param slot 0 for the first; different slots share nothing */
  numbers(slot: number, size: number): Float64Array {
    const known = this.#numbers[slot];
    if (known && known.length >= size) return known.subarray(0, size);
    const made = new Float64Array(size * 2);
    this.#numbers[slot] = made;
    return made.subarray(0, size);
  }
}
