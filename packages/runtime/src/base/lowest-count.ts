/** The lowest of the numbers that are in use, at a cost of the different numbers, not of their uses. */
export class LowestCount {
  readonly #uses = new Map<number, number>();
  #lowest: number | undefined;

  /** Undefined while none is. */
  get lowest(): number | undefined {
    return this.#lowest;
  }

  add(number: number): void {
    this.#uses.set(number, (this.#uses.get(number) ?? 0) + 1);
    if (this.#lowest === undefined || number < this.#lowest) this.#lowest = number;
  }

  /** @param number that was added, and not deleted since */
  delete(number: number): void {
    const left = this.#uses.get(number)! - 1;
    if (left > 0) {
      this.#uses.set(number, left);
      return;
    }
    this.#uses.delete(number);
    if (number !== this.#lowest) return;
    this.#lowest = undefined;
    for (const other of this.#uses.keys()) if (this.#lowest === undefined || other < this.#lowest) this.#lowest = other;
  }
}
