import type { Clock } from "@reeve/runtime";

const burst = 10;
const gapMs = 100;

/** Grants ten turns at once, and ten a second from then on. */
export class Throttle {
  readonly #clock: Clock;
  /** When the turns so far would have been granted, had they kept the gap. */
  #paidUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the next turn is granted. */
  turn(): Promise<void> {
    const now = this.#clock.now();
    const at = Math.max(now, this.#paidUntil - (burst - 1) * gapMs);
    this.#paidUntil = Math.max(this.#paidUntil, at) + gapMs;
    if (at === now) return Promise.resolve();
    return new Promise((resolve) => this.#clock.setTimeout(resolve, at - now));
  }
}
