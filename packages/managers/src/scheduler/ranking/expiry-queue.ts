/** Rows by the time at which each must be looked at again: a binary heap. */
export class ExpiryQueue {
  readonly #times: number[] = [];
  readonly #rows: number[] = [];

  /** Infinity without any. */
  get earliest(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  clear(): void {
    this.#times.length = 0;
    this.#rows.length = 0;
  }

  add(row: number, time: number): void {
    let at = this.#times.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#times[parent]! <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#times[at] = time;
    this.#rows[at] = row;
  }

  /** Removes the earliest and returns its row; -1 without any. */
  take(): number {
    const [row] = this.#rows;
    const time = this.#times.pop();
    const last = this.#rows.pop();
    if (row === undefined || time === undefined || last === undefined) return -1;
    const size = this.#times.length;
    if (size === 0) return row;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#times[child + 1]! < this.#times[child]!) child += 1;
      if (this.#times[child]! >= time) break;
      this.#move(child, at);
      at = child;
    }
    this.#times[at] = time;
    this.#rows[at] = last;
    return row;
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#rows[to] = this.#rows[from]!;
  }
}
