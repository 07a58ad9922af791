/**
 * Who has how much of a table that others fill. An owner may have as much as is left free: one alone takes half of it, the next half
 * of the rest, so that whoever comes later still finds room. Constant time.
 */
export class Shares {
  readonly #inAll: number;
  readonly #used = new Map<string, number>();
  #total = 0;

  constructor(inAll: number) {
    this.#inAll = inAll;
  }

  /** How many more an owner may have. */
  room(owner: string): number {
    const free = this.#inAll - this.#total;
    return Math.max(0, Math.floor((free - (this.#used.get(owner) ?? 0) + 1) / 2));
  }

  /** An owner has so many more; fewer, if negative. */
  add(owner: string, count: number): void {
    if (count === 0) return;
    const used = (this.#used.get(owner) ?? 0) + count;
    this.#total += count;
    if (used === 0) this.#used.delete(owner);
    else this.#used.set(owner, used);
  }
}
