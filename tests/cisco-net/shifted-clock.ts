import type { Clock } from "@reeve/runtime";
import { systemClock } from "@reeve/runtime/transport";

interface Waiting {
  readonly atMs: number;
  readonly run: () => void;
  readonly timer: unknown;
}

/** One time for a switch and its driver that a test can put forward; unless it does, time passes as it does. */
export class ShiftedClock implements Clock {
  #aheadMs = 0;
  readonly #waiting = new Set<Waiting>();

  /** Lets that much time have passed; what is due then runs at once, the earliest first. */
  advance(ms: number): void {
    this.#aheadMs += ms;
    const due = [...this.#waiting].filter(({ atMs }) => atMs <= this.now()).sort((one, other) => one.atMs - other.atMs);
    for (const one of due) {
      if (!this.#waiting.has(one)) continue;
      this.clearTimeout(one);
      one.run();
    }
  }

  now(): number {
    return systemClock.now() + this.#aheadMs;
  }

  wallNow(): number {
    return systemClock.wallNow() + this.#aheadMs;
  }

  setTimeout(run: () => void, ms: number): Waiting {
    const timer = systemClock.setTimeout(() => {
      this.#waiting.delete(one);
      run();
    }, ms);
    const one = { atMs: this.now() + ms, run, timer };
    this.#waiting.add(one);
    return one;
  }

  clearTimeout(timer: unknown): void {
    const one = timer as Waiting;
    this.#waiting.delete(one);
    systemClock.clearTimeout(one.timer);
  }
}
