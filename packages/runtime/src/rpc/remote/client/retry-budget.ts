import type { Clock } from "../../../base/clock.ts";

/** Retries for each call that is made, and each second whatever is made. */
const perCall = 0.2;
const perSecond = 10;
/** What a quiet time saves up, at most. */
const most = 100;

/** Bounds retries to a share of the calls, so that failing callees are not buried under them (Finagle's retry budget). */
export class RetryBudget {
  readonly #clock: Clock;
  #balance = perSecond;
  #asOf: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#asOf = clock.now();
  }

  /** A call was made. */
  deposit(): void {
    if (this.#balance < most) this.#balance += perCall;
  }

  /** Whether one more retry may be made; it counts as made. */
  withdraw(): boolean {
    const now = this.#clock.now();
    this.#balance = Math.min(most, this.#balance + ((now - this.#asOf) / 1_000) * perSecond);
    this.#asOf = now;
    if (this.#balance < 1) return false;
    this.#balance--;
    return true;
  }
}
