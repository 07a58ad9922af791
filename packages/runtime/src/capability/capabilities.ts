import type { Input, Schema } from "@reeve/contract";
import type { Measurement } from "./measurement.ts";
import type { ReportedStatus } from "./status.ts";

/** Where a manager says what can be placed on it. */
export interface Capabilities<S extends Schema = Schema> {
  /**
   * Remembers what was measured just now; the next message to the schedulers carries it. Nothing is sent before the
   * first one. `null` says that nothing is known: what was said before stands, and ages. Measure one at a time.
   *
   * @throws ReeveError `INVALID_INPUT` naming what does not satisfy the schema, does not travel, or is too large
   */
  update(capabilities: Input<S> | null | undefined): void;
  /**
   * The first measurement that is certain to show what is true now: the one after the next, since the next may have begun
   * already. Confirm a placement with it once what was placed is there.
   */
  visibleFrom(): Measurement;
}

/** {@link Capabilities} with what the runtime itself says about the manager. */
export interface CapabilityHandle<S extends Schema = Schema> extends Capabilities<S> {
  /** Schedulers hear at once when readiness comes or goes; the rest waits for the next turn. Default before the first: `starting`. */
  setStatus(status: ReportedStatus): void;
  /** Tells everything about this manager again, at once: after a reset. */
  refresh(): void;
  /** Tells that it stopped, and forgets it. Later calls do nothing. Idempotent. */
  detach(): void;
}
