import type { Input, Schema } from "@reeve/contract";
import type { Measurement } from "./measurement.ts";
import type { ReportedStatus } from "./status.ts";

/** Where a manager says what can be placed on it. */
export interface Capabilities<S extends Schema = Schema> {
  /**
   * Remembers what was measured just now; the next message to the schedulers carries it. Nothing is sent before the
   * first one. `null` says that nothing is known: what was said before stands, and ages. Measure one at a time.
   *
   * @example
   * ```ts
   * capabilities.update({ totalBytes, freeBytes });
   * ```
   * @throws ReeveError `INVALID_INPUT` naming what does not satisfy the schema, does not travel, or is too large
   */
  update(capabilities: Input<S> | null | undefined): void;
  /**
   * Measures with `read` and remembers what it gives, as {@link update} does. The measurement counts from when `read` is
   * called, so that {@link visibleFrom} need not skip one. One at a time: a second waits for the first to end. A manager that
   * measures in this way does not call `update` beside it. Resolves with which measurement it is; undefined for `null`, and when
   * the manager has ended.
   *
   * @example
   * ```ts
   * const measurement = await capabilities.measure(() => driver.stats());
   * ```
   * @throws what `read` throws, and what {@link update} throws; nothing is remembered then
   */
  measure(read: () => MaybePromise<Input<S> | null | undefined>): Promise<Measurement | undefined>;
  /**
   * The first measurement that is certain to show what is true now: the one after the next, since the next may have begun
   * already; the next, where {@link measure} has not begun it. Confirm a placement with it once what was placed is there.
   */
  visibleFrom(): Measurement;
  /**
   * Sends what was remembered last without waiting for the next turn; at most ten messages a second, after as many at once.
   * Resolves when it has been handed to the transport, or cannot be for now; at once when there is nothing new. Never rejects.
   *
   * @example
   * ```ts
   * await capabilities.measure(() => driver.stats());
   * await capabilities.tell();
   * ```
   */
  tell(): Promise<void>;
}

type MaybePromise<T> = T | Promise<T>;

/** {@link Capabilities} with what the runtime itself says about the manager. */
export interface CapabilityHandle<S extends Schema = Schema> extends Capabilities<S> {
  /** Schedulers hear at once when readiness comes or goes; the rest waits for the next turn. Default before the first: `starting`. */
  setStatus(status: ReportedStatus): void;
  /** Tells everything about this manager again, at once: after a reset. */
  refresh(): void;
  /** Tells that it stopped, and forgets it. Later calls do nothing. Idempotent. */
  detach(): void;
}
