/** Statements that the server keeps prepared for one session; each costs it some kilobytes. */
const mostKept = 256;

/** Names for the statements of one session, by their text: a program has few, and those with lists of values come and go. */
export class StatementNames {
  readonly #names = new Map<string, string>();
  #last = 0;

  /** The name of a statement, and of those that give way to it. */
  of(text: string, forget: string[]): string {
    const found = this.#names.get(text);
    const name = found ?? `s${++this.#last}`;
    this.#names.delete(text);
    this.#names.set(text, name);
    if (this.#names.size > mostKept) {
      const [oldest, its] = this.#names.entries().next().value!;
      this.#names.delete(oldest);
      forget.push(its);
    }
    return name;
  }
}
