/** The rows with the highest scores, the lower row first among equals. */
export class BestRows {
  readonly rows: number[] = [];
  readonly scores: number[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** What a score must reach to be among them. */
  get least(): number {
    return this.rows.length < this.#most ? Number.NEGATIVE_INFINITY : this.scores.at(-1)!;
  }

  /** Minus infinity without any. */
  get highest(): number {
    return this.scores[0] ?? Number.NEGATIVE_INFINITY;
  }

  offer(row: number, score: number): void {
    if (score < this.least) return;
    // Where thousands are equal most of them end here.
    if (this.rows.length === this.#most && score === this.least && row > this.rows.at(-1)!) return;
    let at = this.rows.length;
    while (at > 0 && (this.scores[at - 1]! < score || (this.scores[at - 1] === score && this.rows[at - 1]! > row)))
      at -= 1;
    this.rows.splice(at, 0, row);
    this.scores.splice(at, 0, score);
    if (this.rows.length <= this.#most) return;
    this.rows.pop();
    this.scores.pop();
  }
}
