const tickMs = 5;

/** The longest time for which the event loop served no timer, in milliseconds. */
export class LoopWatch {
  #longestMs = 0;
  #tickedAt = performance.now();
  readonly #timer = setInterval(() => this.#tick(), tickMs);

  /** Since it was made, or last asked. */
  take(): number {
    this.#tick();
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.#longestMs = Math.max(this.#longestMs, now - this.#tickedAt - tickMs);
    this.#tickedAt = now;
  }
}
