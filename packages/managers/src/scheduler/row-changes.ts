/** Which rows of a table have changed, in order: each reader takes in what it has not seen, and nothing is told to anybody. */
export class RowChanges {
  #rows: Uint32Array;
  /** What came before is not kept. */
  #first = 0;
  #count = 0;

  /** @param kept how many are kept for readers that have not taken them in */
  constructor(kept: number) {
    this.#rows = new Uint32Array(kept);
  }

  /** How many there were so far: where a reader that has taken in all goes on. */
  get position(): number {
    return this.#count;
  }

  /** Keeps more from now on; nothing of before. */
  keep(kept: number): void {
    this.#rows = new Uint32Array(kept);
    this.#first = this.#count;
  }

  add(row: number): void {
    this.#rows[this.#count++ % this.#rows.length] = row;
  }

  /** Whether what came after a position is still kept. */
  reaches(position: number): boolean {
    return position >= this.#first && this.#count - position <= this.#rows.length;
  }

  /** Calls it with each row that has changed after a position, those that it adds itself as well: one each time at most. */
  since(position: number, visit: (row: number) => void): void {
    for (let at = position; at < this.#count; at++) visit(this.#rows[at % this.#rows.length]!);
  }
}
