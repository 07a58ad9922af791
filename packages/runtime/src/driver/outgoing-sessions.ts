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
  /** What is being closed. */
  readonly #retiring = new Set<Promise<void>>();

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

  /** Refuses the calls that wait on it, gives those that run a bounded time, and closes it. Once for each. */
  async retire(slots: SessionSlots): Promise<void> {
    this.#called.delete(slots);
    const retiring = this.#retire(slots);
    this.#retiring.add(retiring);
    await retiring.finally(() => this.#retiring.delete(retiring));
  }

  /** The same for this one and for all that were replaced; resolves when every one is closed. */
  async retireAll(present: SessionSlots | undefined): Promise<void> {
    for (const one of [...(present ? [present] : []), ...this.#called]) void this.retire(one);
    await Promise.all(this.#retiring);
  }

  async #retire(slots: SessionSlots): Promise<void> {
    const { clock, limits } = this.#options;
    slots.close(this.#lost());
    await withTimeout(clock, limits.closeTimeoutMs, slots.idle());
    await this.close(slots.session);
    slots.sessionClosed();
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
