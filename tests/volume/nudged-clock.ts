import type { Clock } from "@reeve/runtime";
import { systemClock, type Timer } from "@reeve/runtime/transport";

/** The system's clock, of which a test makes timers of one length ring before their time. */
export class NudgedClock implements Clock {
  readonly #timers = new Map<Timer, { readonly ms: number; readonly ring: () => void }>();

  now(): number {
    return systemClock.now();
  }

  wallNow(): number {
    return systemClock.wallNow();
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const ring = () => {
      this.#timers.delete(timer);
      callback();
    };
    const timer = systemClock.setTimeout(ring, ms);
    this.#timers.set(timer, { ms, ring });
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer);
    systemClock.clearTimeout(timer);
  }

  /** Rings every timer that was set for so long. */
  ring(ms: number): void {
    for (const [timer, { ms: length, ring }] of [...this.#timers]) {
      if (length !== ms) continue;
      systemClock.clearTimeout(timer);
      ring();
    }
  }
}
