import type { Clock, Timer } from "../base/clock.ts";
import { type Cause, type CauseReason, withCause, withoutCause } from "../lifecycle/cause.ts";
import type { Transport } from "../transport/transport.ts";
import { Standstill } from "./standstill.ts";

interface HostConditionsOptions {
  readonly clock: Clock;
  readonly transport: Pick<Transport, "onLink">;
  onRaised(cause: Cause): void;
  onCleared(reason: CauseReason): void;
  /** The event loop turns again after it stood still for so long; told before anything that came meanwhile is taken in. */
  onStoodStill?(ms: number): void;
}

const tickMs = 1_000;

/** What impairs every manager of a host at once: the link is down, or the event loop was held up. */
export class HostConditions {
  readonly #options: HostConditionsOptions;
  readonly #ignoreLink: () => void;
  readonly #standstill: Standstill;
  #causes: readonly Cause[] = [];
  #timer: Timer;

  constructor(options: HostConditionsOptions) {
    this.#options = options;
    this.#standstill = new Standstill({ clock: options.clock, turnMs: tickMs });
    this.#ignoreLink = options.transport.onLink((connected) => {
      if (connected) this.#clear("LINK_LOST");
      else this.#raise({ reason: "LINK_LOST", message: "the link to the broker is down" });
    });
    this.#watchLoop();
  }

  /** What a manager that starts now should know. */
  get causes(): readonly Cause[] {
    return this.#causes;
  }

  /** Looks whether the event loop stood still until now. @param now of the clock */
  look(now: number): void {
    const lateMs = this.#standstill.lateMs(now);
    if (lateMs === 0) return;
    this.#standstill.turned();
    this.#raise({ reason: "LOOP_LAGGING", message: `the event loop was held up for ${Math.round(lateMs)} ms` });
    this.#options.onStoodStill?.(lateMs);
  }

  close(): void {
    this.#ignoreLink();
    this.#options.clock.clearTimeout(this.#timer);
  }

  #watchLoop(): void {
    const { clock } = this.#options;
    const dueAt = clock.now() + tickMs;
    this.#timer = clock.setTimeout(() => {
      const now = clock.now();
      const stood = this.#standstill.lateMs(now) > 0;
      if (stood) this.look(now);
      else this.#standstill.turned();
      // The turn after: what held it up is over.
      if (!stood && now - dueAt <= tickMs) this.#clear("LOOP_LAGGING");
      this.#watchLoop();
    }, tickMs);
  }

  #raise(cause: Cause): void {
    this.#causes = withCause(this.#causes, cause);
    this.#options.onRaised(cause);
  }

  #clear(reason: CauseReason): void {
    const left = withoutCause(this.#causes, reason);
    if (left === this.#causes) return;
    this.#causes = left;
    this.#options.onCleared(reason);
  }
}
