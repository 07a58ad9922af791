import { type Clock, sinceBoot } from "../base/clock.ts";
import { isLagging } from "../registry/presence/loop-lag.ts";

interface StandstillOptions {
  readonly clock: Clock;
  /** How often {@link Standstill.turned} is called while the event loop turns. */
  readonly turnMs: number;
}

/**
 * Tells whether the event loop stood still until now: by the clock that its timers go by, which a stopped process and a long
 * computation hold up, and by the one that counts what a machine sleeps. Asked by whoever comes first, a timer or a message.
 */
export class Standstill {
  readonly #options: StandstillOptions;
  #turnedAt = 0;
  #wallAt = 0;
  #bootAt = 0;

  constructor(options: StandstillOptions) {
    this.#options = options;
    this.turned();
  }

  turned(): void {
    const { clock } = this.#options;
    this.#turnedAt = clock.now();
    this.#wallAt = clock.wallNow();
    this.#bootAt = sinceBoot(clock);
  }

  /** For how long beyond the usual, in milliseconds; 0 when it turns as it should. */
  lateMs(now: number): number {
    const { clock, turnMs } = this.#options;
    const stoodMs = now - this.#turnedAt - turnMs;
    // The clock that counts sleep is dear to read, and no machine sleeps without its calendar going on.
    const sleptMs = clock.wallNow() - this.#wallAt - turnMs;
    if (!isLagging(stoodMs) && !isLagging(sleptMs)) return 0;
    const lateMs = Math.max(stoodMs, sinceBoot(clock) - this.#bootAt - turnMs);
    return isLagging(lateMs) ? lateMs : 0;
  }
}
