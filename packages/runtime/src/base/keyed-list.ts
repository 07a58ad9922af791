/** An array of values with a key each: one comes, changes or goes at the same cost however many there are. In no order. */
export class KeyedList<V> {
  /** Always the same array, for whoever was given it. */
  readonly values: V[] = [];
  readonly #keys: string[] = [];
  readonly #indexes = new Map<string, number>();

  get(key: string): V | undefined {
    const at = this.#indexes.get(key);
    return at === undefined ? undefined : this.values[at];
  }

  put(key: string, value: V): void {
    const at = this.#indexes.get(key) ?? this.values.length;
    this.values[at] = value;
    this.#keys[at] = key;
    this.#indexes.set(key, at);
  }

  delete(key: string): void {
    const at = this.#indexes.get(key);
    if (at === undefined) return;
    this.#indexes.delete(key);
    // The last takes the place of the one that leaves.
    const last = this.values.pop()!;
    const lastKey = this.#keys.pop()!;
    if (at === this.values.length) return;
    this.values[at] = last;
    this.#keys[at] = lastKey;
    this.#indexes.set(lastKey, at);
  }
}
