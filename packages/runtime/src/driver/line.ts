import { type ReeveError, reeveError } from "@reeve/contract";
import type { DriverSession } from "@reeve/driver-sdk";
import { Slots } from "./slots.ts";

/** One set-up of the driver and the calls on it. A new set-up begins with free slots, whatever hangs on the old one. */
export class Line {
  readonly session: DriverSession;
  readonly slots: Slots;
  /** Calls that ignored their abort and still hold a slot. */
  hung = 0;
  /** A check that has not returned yet. */
  checking = false;
  failedChecks = 0;
  readonly #maxConcurrent: number;

  constructor(session: DriverSession, maxConcurrent: number) {
    this.session = session;
    this.slots = new Slots(maxConcurrent);
    this.#maxConcurrent = maxConcurrent;
  }

  /** Nothing can get through: every slot is held by a call that does not return. */
  get choked(): ReeveError | undefined {
    if (this.hung < this.#maxConcurrent) return undefined;
    return reeveError(
      "HUNG",
      `all ${this.#maxConcurrent} slots of the driver are held by calls that ignored their abort`,
    );
  }
}
