/** The links of an entry that is in at most one list at a time. */
export interface Linked {
  listPrevious: Linked | undefined;
  listNext: Linked | undefined;
}

/** A doubly linked list whose links live in its entries: no allocation, and removal anywhere in constant time. */
export class EntryList<E extends Linked> {
  #first: E | undefined;
  #last: E | undefined;
  #size = 0;

  get first(): E | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  push(entry: E): void {
    const last = this.#last;
    entry.listPrevious = last;
    entry.listNext = undefined;
    if (last) last.listNext = entry;
    else this.#first = entry;
    this.#last = entry;
    this.#size++;
  }

  remove(entry: E): void {
    const { listPrevious: previous, listNext: next } = entry;
    if (previous) previous.listNext = next;
    else this.#first = next as E | undefined;
    if (next) next.listPrevious = previous;
    else this.#last = previous as E | undefined;
    entry.listPrevious = undefined;
    entry.listNext = undefined;
    this.#size--;
  }

  *[Symbol.iterator](): Generator<E> {
    for (let entry = this.#first; entry; entry = entry.listNext as E | undefined) yield entry;
  }
}
