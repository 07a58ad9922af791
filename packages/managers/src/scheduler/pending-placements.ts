import { reeveError } from "@reeve/contract";
import type { Clock } from "@reeve/runtime";

export interface PendingPlacementsOptions {
  readonly clock: Clock;
  /** Placements that may wait; the rest are refused. */
  readonly maxWaiting: number;
  /** How long the refused ones are to wait before they ask again, in milliseconds. */
  readonly retryAfterMs: number;
}

export interface Wait {
  readonly manager: string;
  /** Asked when it comes in, at each news of a host of the manager, with its address, and at each further look. */
  readonly isOver: (address?: string) => boolean;
  /** After how long to look again without news. Default: never. */
  readonly nextLookMs?: () => number;
  readonly signal: AbortSignal;
}

type Look = (address?: string) => void;

/** Placements that wait for reports of a manager's hosts. None of them polls: each is notified. */
export class PendingPlacements {
  readonly #options: PendingPlacementsOptions;
  /** By manager, in the order in which they came. */
  readonly #looks = new Map<string, Set<Look>>();
  #size = 0;

  constructor(options: PendingPlacementsOptions) {
    this.#options = options;
  }

  /** How many wait now. */
  get size(): number {
    return this.#size;
  }

  /** Something has changed that a placement may wait for: at the host of this address, if one is given. */
  notify(manager: string, address?: string): void {
    for (const look of [...(this.#looks.get(manager) ?? [])]) look(address);
  }

  /**
   * Resolves when the wait is over.
   *
   * @throws what `isOver` throws; the signal's reason when it aborts first; ReeveError `MAILBOX_FULL` when too many wait already
   */
  async until(wait: Wait): Promise<void> {
    wait.signal.throwIfAborted();
    if (wait.isOver()) return;
    const { manager } = wait;
    const { maxWaiting, retryAfterMs } = this.#options;
    if (this.#size >= maxWaiting) {
      const message = `scheduler: no ${manager} manager can be chosen yet, and ${maxWaiting} placements wait already`;
      throw reeveError("MAILBOX_FULL", message, { data: { retryAfterMs } });
    }
    const looks = this.#looks.get(manager) ?? new Set<Look>();
    this.#looks.set(manager, looks);
    this.#size += 1;
    try {
      await this.#notified(wait, looks);
    } finally {
      this.#size -= 1;
      // Names come from callers: one that nobody waits for any more must not stay.
      if (looks.size === 0) this.#looks.delete(manager);
    }
  }

  #notified({ isOver, nextLookMs, signal }: Wait, looks: Set<Look>): Promise<void> {
    const { clock } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const arm = () => nextLookMs && clock.setTimeout(lookAgain, nextLookMs());
    const leave = (settle: () => void) => {
      clock.clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      looks.delete(look);
      settle();
    };
    const look: Look = (address) => {
      try {
        if (isOver(address)) leave(resolve);
      } catch (error) {
        leave(() => reject(error));
      }
    };
    const lookAgain = () => {
      timer = arm();
      look();
    };
    const abort = () => leave(() => reject(signal.reason));
    let timer = arm();
    looks.add(look);
    signal.addEventListener("abort", abort);
    return promise;
  }
}
