import type { Clock } from "../../base/clock.ts";
import { lagLimitMs } from "../../base/loop-lag.ts";

/** How often a living event loop counts. */
export const loopTickMs = 500;
/** No process that is held up for so long is expected back: it falls silent. */
export const silenceLagMs = 30_000;

/** Whether an event loop that is held up for so long is `LOOP_LAGGING`: for its own process, and for those that hear of it. */
export function isLagging(lagMs: number): boolean {
  return lagMs > lagLimitMs;
}

export interface LoopLagOptions {
  readonly clock: Clock;
  /** What the watched event loop counts up every {@link loopTickMs}. */
  readonly ticks: () => number;
  /** How often {@link LoopLag.check} is called. */
  readonly checkMs: number;
}

/** Tells from another thread how long an event loop has not counted. */
export class LoopLag {
  readonly #options: LoopLagOptions;
  #ticks: number;
  #checkedAt: number;
  #stillMs = 0;

  constructor(options: LoopLagOptions) {
    this.#options = options;
    this.#ticks = options.ticks();
    this.#checkedAt = options.clock.now();
  }

  get lagMs(): number {
    return Math.max(0, this.#stillMs - loopTickMs);
  }

  check(): void {
    const { clock, ticks, checkMs } = this.#options;
    const now = clock.now();
    // A pause of the whole process stops the watcher too: what it slept through is not held against the loop.
    const passedMs = Math.min(now - this.#checkedAt, 2 * checkMs);
    this.#checkedAt = now;
    const counted = ticks();
    this.#stillMs = counted === this.#ticks ? this.#stillMs + passedMs : 0;
    this.#ticks = counted;
  }
}
