/** The last so many keys, or up to half of them where that is simpler: adding and looking up take the same time however many there are. */
export class RecentKeys {
  readonly #half: number;
  #newer = new Set<string>();
  #older = new Set<string>();

  constructor(most: number) {
    this.#half = Math.ceil(most / 2);
  }

  add(key: string): void {
    this.#newer.add(key);
    if (this.#newer.size < this.#half) return;
    this.#older = this.#newer;
    this.#newer = new Set();
  }

  has(key: string): boolean {
    return this.#newer.has(key) || this.#older.has(key);
  }
}
