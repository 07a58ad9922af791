import type { Clock } from "../base/clock.ts";

/** Counts restarts within a sliding window: OTP's `intensity` and `period`. */
export class RestartIntensity {
  readonly #clock: Clock;
  readonly #maxRestarts: number;
  readonly #withinMs: number;
  #restarts: number[] = [];

  constructor(clock: Clock, maxRestarts: number, withinMs: number) {
    this.#clock = clock;
    this.#maxRestarts = maxRestarts;
    this.#withinMs = withinMs;
  }

  /** Notes one more restart. False when it is one too many: `maxRestarts + 1` within the window. */
  allows(): boolean {
    const now = this.#clock.now();
    this.#restarts = this.#restarts.filter((at) => now - at < this.#withinMs);
    this.#restarts.push(now);
    return this.#restarts.length <= this.#maxRestarts;
  }

  /** How many of them are recent, for the backoff. */
  get recent(): number {
    return this.#restarts.length;
  }
}
