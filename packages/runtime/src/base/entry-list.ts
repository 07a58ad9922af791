/** The links of an entry that is in at most one list at a time. */
export interface Linked {
  listPrevious: Linked | undefined;
  listNext: Linked | undefined;
}

/** A doubly linked list whose links live in its entries: no allocation, and removal anywhere in constant time. */
export class EntryList<E extends Linked> {
  #first: E | undefined = undefined;
  #last: E | undefined = undefined;
  #size = 0;

  get first(): E | undefined {
    return this.#first;
  }

  get last(): E | undefined {
    return this.#last;
  }

  get size(): number {
    return this.#size;
  }

  push(entry: E): void {
    this.insertAfter(this.#last, entry);
  }

  /** At the front when there is nothing to be after. */
  insertAfter(previous: E | undefined, entry: E): void {
    const next = (previous ? previous.listNext : this.#first) as E | undefined;
    entry.listPrevious = previous;
    entry.listNext = next;
    if (previous) previous.listNext = entry;
    else this.#first = entry;
    if (next) next.listPrevious = entry;
    else this.#last = entry;
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
