/** A minute of turns. */
const kept = 60;

/** How late an event loop comes to a timer that it has every second: what held it up meanwhile. */
export class LoopLateness {
  readonly #ms: number[] = [];

  add(ms: number): void {
    this.#ms.push(Math.max(0, ms));
    if (this.#ms.length > kept) this.#ms.shift();
  }

  /** At the last turn, in milliseconds; 0 before the first. */
  get lastMs(): number {
    return this.#ms.at(-1) ?? 0;
  }

  /** The worst of the last minute. */
  get worstMs(): number {
    return Math.max(0, ...this.#ms);
  }
}
