import { randomFillSync } from "node:crypto";

const smallest = 16;
/** A table is not made smaller than this again: it may be full the next moment. */
const kept = 4_096;

/** Odd, and unknown to whoever makes up ids so that they collide. */
const scatter = randomFillSync(new Int32Array(1))[0]! | 1;

const word = 0x1_0000_0000;

/**
 * A map from positive integers up to 2⁵³ − 1 for entries that come and go by the hundred thousand. A `Map` allocates a new table
 * for every so many entries that come, and each table refers to the next: once one of them is old, V8's young collections
 * keep all that come after it, and with them every entry that was ever in them, until a full collection. This one keeps its table.
 */
export class IdTable<V> {
  /** 0 where nothing is. */
  #ids!: Float64Array;
  #values!: (V | undefined)[];
  #mask = 0;
  #shift = 0;
  #size = 0;

  constructor() {
    this.#reset(smallest);
  }

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    return id !== 0 && this.#ids[this.#find(id)] === id;
  }

  get(id: number): V | undefined {
    return this.#values[this.#find(id)];
  }

  /** @param id 1 to 2⁵³ − 1 */
  set(id: number, value: V): void {
    let at = this.#find(id);
    if (this.#ids[at] === 0) {
      if (this.#size >= this.#ids.length / 2) {
        this.#resize(this.#ids.length * 2);
        at = this.#find(id);
      }
      this.#ids[at] = id;
      this.#size++;
    }
    this.#values[at] = value;
  }

  delete(id: number): boolean {
    const at = this.#find(id);
    if (this.#ids[at] !== id || id === 0) return false;
    this.#empty(at);
    this.#size--;
    if (this.#size * 16 < this.#ids.length && this.#ids.length > kept) this.#resize(this.#ids.length / 4);
    return true;
  }

  clear(): void {
    this.#size = 0;
    this.#reset(smallest);
  }

  /** In no order. The table must not change meanwhile. */
  forEach(visit: (value: V, id: number) => void): void {
    for (let at = 0; at < this.#ids.length; at++) if (this.#ids[at] !== 0) visit(this.#values[at]!, this.#ids[at]!);
  }

  /** All values as they are now, in no order. */
  values(): V[] {
    const values: V[] = [];
    this.forEach((value) => {
      values.push(value);
    });
    return values;
  }

  /** Where the id is, or would be. */
  #find(id: number): number {
    const ids = this.#ids;
    let at = this.#home(id);
    while (ids[at] !== id && ids[at] !== 0) at = (at + 1) & this.#mask;
    return at;
  }

  /** Where the id is, unless others were there before. Of what is above 32 bits both halves count. */
  #home(id: number): number {
    const mixed = id < word ? id : id ^ Math.imul(id / word, 0x9e37_79b1);
    return Math.imul(mixed, scatter) >>> this.#shift;
  }

  /** Moves up what the gap would cut off from its place: a search ends at the first gap. */
  #empty(gap: number): void {
    const ids = this.#ids;
    for (let at = (gap + 1) & this.#mask; ids[at] !== 0; at = (at + 1) & this.#mask) {
      const home = this.#home(ids[at]!);
      if (((at - home) & this.#mask) < ((at - gap) & this.#mask)) continue;
      ids[gap] = ids[at]!;
      this.#values[gap] = this.#values[at];
      gap = at;
    }
    ids[gap] = 0;
    this.#values[gap] = undefined;
  }

  #resize(slots: number): void {
    const [ids, values] = [this.#ids, this.#values];
    this.#reset(slots);
    for (const [from, id] of ids.entries()) {
      if (id === 0) continue;
      const at = this.#find(id);
      this.#ids[at] = id;
      this.#values[at] = values[from];
    }
  }

  #reset(slots: number): void {
    this.#ids = new Float64Array(slots);
    this.#values = new Array<V | undefined>(slots).fill(undefined);
    this.#mask = slots - 1;
    this.#shift = 32 - Math.log2(slots);
  }
}
