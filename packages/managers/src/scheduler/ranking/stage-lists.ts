/** Rows by what turned them away, in no order. A row is in one list at most. */
export class StageLists {
  readonly #lists: number[][];
  /** By row: where in its list it is. */
  #places = new Uint32Array(0);

  constructor(stages: number) {
    this.#lists = Array.from({ length: stages }, () => []);
  }

  of(stage: number): readonly number[] {
    return this.#lists[stage]!;
  }

  clear(rows: number): void {
    for (const list of this.#lists) list.length = 0;
    if (this.#places.length < rows) this.#places = new Uint32Array(rows);
  }

  grow(rows: number): void {
    const places = new Uint32Array(rows);
    places.set(this.#places);
    this.#places = places;
  }

  add(stage: number, row: number): void {
    this.#places[row] = this.#lists[stage]!.push(row) - 1;
  }

  remove(stage: number, row: number): void {
    const list = this.#lists[stage]!;
    const last = list.pop()!;
    if (last === row) return;
    const place = this.#places[row]!;
    list[place] = last;
    this.#places[last] = place;
  }
}
