import type { Clock, Timer } from "../base/clock.ts";
import { type Cause, type CauseReason, withCause, withoutCause } from "../lifecycle/cause.ts";
import type { Transport } from "../transport/transport.ts";

interface HostConditionsOptions {
  readonly clock: Clock;
  readonly transport: Pick<Transport, "onLink">;
  onRaised(cause: Cause): void;
  onCleared(reason: CauseReason): void;
}

const tickMs = 1_000;
/** A process that answers this late does not serve. */
const lagLimitMs = 5_000;

/** What impairs every manager of a host at once: the link is down, or the event loop was held up. */
export class HostConditions {
  readonly #options: HostConditionsOptions;
  readonly #ignoreLink: () => void;
  #causes: readonly Cause[] = [];
  #timer: Timer;

  constructor(options: HostConditionsOptions) {
    this.#options = options;
    this.#ignoreLink = options.transport.onLink((connected) => {
      if (connected) this.#clear("LINK_LOST");
      else this.#raise({ reason: "LINK_LOST", message: "the link to the broker is down" });
    });
    this.#watchLoop(options.clock.now() + tickMs);
  }

  /** What a manager that starts now should know. */
  get causes(): readonly Cause[] {
    return this.#causes;
  }

  close(): void {
    this.#ignoreLink();
    this.#options.clock.clearTimeout(this.#timer);
  }

  #watchLoop(dueAt: number): void {
    const { clock } = this.#options;
    this.#timer = clock.setTimeout(() => {
      const lateMs = clock.now() - dueAt;
      if (lateMs > lagLimitMs)
        this.#raise({ reason: "LOOP_LAGGING", message: `the event loop was held up for ${Math.round(lateMs)} ms` });
      else this.#clear("LOOP_LAGGING");
      this.#watchLoop(clock.now() + tickMs);
    }, dueAt - clock.now());
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
