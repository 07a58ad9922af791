import type { ReeveError } from "@reeve/contract";
import type { DriverSession } from "@reeve/driver-sdk";
import { withTimeout } from "../base/bounded-wait.ts";
import type { SessionOptions } from "./session-options.ts";
import type { SessionSlots } from "./session-slots.ts";

/** Closes the sessions of one driver, bounded: at once, or when the calls on one have come to their end. */
export class OutgoingSessions {
  readonly #options: Pick<SessionOptions, "clock" | "limits" | "log" | "driver">;
  /** What calls that still wait are refused with. */
  readonly #lost: () => ReeveError;
  /** Replaced, and still called. */
  readonly #called = new Set<SessionSlots>();

  constructor(options: Pick<SessionOptions, "clock" | "limits" | "log" | "driver">, lost: () => ReeveError) {
    this.#options = options;
    this.#lost = lost;
  }

  /** Its calls end in their own time, which their guards bound. */
  async retireIdle(slots: SessionSlots): Promise<void> {
    this.#called.add(slots);
    await slots.idle();
    // Let go of meanwhile: then it is closed already.
    if (this.#called.has(slots)) await this.retire(slots);
  }

  /** Refuses the calls that wait on it, gives those that run a bounded time, and closes it. */
  async retire(slots: SessionSlots): Promise<void> {
    this.#called.delete(slots);
    const { clock, limits } = this.#options;
    slots.close(this.#lost());
    await withTimeout(clock, limits.closeTimeoutMs, slots.idle());
    await this.close(slots.session);
    slots.sessionClosed();
  }

  /** The same for this one and for all that were replaced. */
  async retireAll(present: SessionSlots | undefined): Promise<void> {
    const all = [...(present ? [present] : []), ...this.#called];
    await Promise.all(all.map((one) => this.retire(one)));
  }

  async close(session: DriverSession): Promise<void> {
    const { driver, clock, limits, log } = this.#options;
    const closed = session
      .close()
      .catch((err) => log.warn({ driver: driver.name, err }, "driver did not close cleanly"));
    if (!(await withTimeout(clock, limits.closeTimeoutMs, closed)))
      log.warn({ driver: driver.name, afterMs: limits.closeTimeoutMs }, "driver did not close in time");
  }
}
