/** Counts: anybody can guess the next one. */
export class CallIds {
  #last = 0;

  next(): number {
    this.#last = (this.#last + 1) & 0x7fff_ffff;
    return this.#last;
  }
}
