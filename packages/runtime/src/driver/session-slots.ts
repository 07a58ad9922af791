import { type ReeveError, reeveError } from "@reeve/contract";
import type { DriverSession } from "@reeve/driver-sdk";
import { Slots } from "./slots.ts";

/** One set-up of the driver and the calls on it. A new set-up begins with free slots, whatever hangs on the old one. */
export class SessionSlots extends Slots {
  readonly session: DriverSession;
  /** Calls that ignored their abort and still hold a slot, longest first. */
  readonly hung = new Set<{ readonly method: string; readonly since: string }>();
  /** A check that has not returned yet. */
  checking = false;
  failedChecks = 0;
  /** How to say of each call on it that it has come to rest. */
  readonly #open = new Set<() => void>();
  readonly #maxConcurrent: number;

  constructor(session: DriverSession, maxConcurrent: number) {
    super(maxConcurrent);
    this.session = session;
    this.#maxConcurrent = maxConcurrent;
  }

  /** A call has entered the session. Returns how to say that it has come to rest; so has every call once the session was closed. */
  enter(rested: () => void): () => void {
    this.#open.add(rested);
    return () => {
      if (this.#open.delete(rested)) rested();
    };
  }

  /** Its session was closed, or that took too long: what is still called on it counts as over. */
  sessionClosed(): void {
    for (const rested of this.#open) rested();
    this.#open.clear();
  }

  /** Nothing can get through: every slot is held by a call that does not return. */
  get exhausted(): ReeveError | undefined {
    const [longest] = this.hung;
    if (!longest || this.hung.size < this.#maxConcurrent) return undefined;
    const { method: operation, since } = longest;
    return reeveError(
      "HUNG",
      `all ${this.#maxConcurrent} slots of the driver are held by calls that ignored their abort, ${operation} since ${since}`,
      { data: { operation, since } },
    );
  }
}
