/** Listeners told in the order they came. One that throws keeps nobody else from being told. */
export class Listeners<T> {
  readonly #all = new Set<{ readonly listener: (value: T) => void }>();

  /** The same function added twice is told twice. Returns how to take it out. */
  add(listener: (value: T) => void): () => void {
    const entry = { listener };
    this.#all.add(entry);
    return () => this.#all.delete(entry);
  }

  /** Returns how many were told. */
  tell(value: T, onThrow: (cause: unknown, value: T) => void): number {
    const told = [...this.#all];
    for (const { listener } of told) {
      try {
        listener(value);
      } catch (cause) {
        onThrow(cause, value);
      }
    }
    return told.length;
  }
}
