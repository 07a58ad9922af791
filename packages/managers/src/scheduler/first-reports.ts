import { reeveError } from "@reeve/contract";
import type { Clock } from "@reeve/runtime";

export interface FirstReportsOptions {
  readonly clock: Clock;
  /** How long after a manager's first report its others are awaited, so that not everything goes to whoever is first. */
  readonly gatherMs: number;
  /** Placements that may wait; the rest are refused. */
  readonly maxWaiting: number;
}

interface Gathering {
  settled: boolean;
  readonly waiting: Set<() => void>;
}

/** Keeps placements waiting until there is something to choose from. Nothing spins: who waits is told. */
export class FirstReports {
  readonly #options: FirstReportsOptions;
  readonly #gatherings = new Map<string, Gathering>();
  readonly #heard = new Set<string>();
  #waiting = 0;

  constructor(options: FirstReportsOptions) {
    this.#options = options;
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** A manager's host was reported. */
  reported(manager: string): void {
    if (this.#heard.has(manager)) return;
    this.#heard.add(manager);
    const { clock, gatherMs } = this.#options;
    clock.setTimeout(() => this.#settle(manager), gatherMs);
  }

  /**
   * Resolves when this manager's hosts have been reported.
   *
   * @throws the signal's reason when it aborts first; ReeveError `MAILBOX_FULL` when too many wait already
   */
  async heardOf(manager: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const gathering = this.#of(manager);
    if (gathering.settled) return;
    const { gatherMs, maxWaiting } = this.#options;
    if (this.#waiting >= maxWaiting) {
      throw reeveError(
        "MAILBOX_FULL",
        `scheduler: no ${manager} manager has reported yet, and ${maxWaiting} placements wait for one already`,
        { data: { retryAfterMs: gatherMs } },
      );
    }
    this.#waiting += 1;
    try {
      await this.#told(gathering, signal);
    } finally {
      this.#waiting -= 1;
      // Names come from callers: one that nobody waits for any more, and no host has, must not stay.
      if (gathering.waiting.size === 0 && !this.#heard.has(manager)) this.#gatherings.delete(manager);
    }
  }

  #told(gathering: Gathering, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        signal.removeEventListener("abort", abort);
        gathering.waiting.delete(tell);
      };
      const tell = () => {
        settle();
        resolve();
      };
      const abort = () => {
        settle();
        reject(signal.reason);
      };
      gathering.waiting.add(tell);
      signal.addEventListener("abort", abort);
    });
  }

  #settle(manager: string): void {
    const gathering = this.#of(manager);
    gathering.settled = true;
    for (const tell of [...gathering.waiting]) tell();
  }

  #of(manager: string): Gathering {
    const known = this.#gatherings.get(manager);
    if (known) return known;
    const gathering: Gathering = { settled: false, waiting: new Set() };
    this.#gatherings.set(manager, gathering);
    return gathering;
  }
}
