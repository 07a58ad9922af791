import type { ReeveError } from "@reeve/contract";
import type { Driver, DriverLog, DriverOwner } from "@reeve/driver-sdk";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { CompiledDriverLimits } from "./driver-limits.ts";
import type { DriverStats } from "./driver-stats.ts";

export interface DriverEvents {
  /** The driver can be called: for the first time, or again. Must not throw. */
  onReady(): void;
  /** The driver was ready and is no longer. Must not throw. */
  onLost(cause: ReeveError): void;
  /** It is not ready yet, or still not: a set-up failed, or a check for another reason than the last. Must not throw. */
  onStillLost?(cause: ReeveError): void;
}

export interface SessionOptions {
  /** Replaceable. */
  readonly driver: Driver;
  /** For whom it is set up. */
  readonly owner?: DriverOwner | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: DriverLog;
  readonly limits: CompiledDriverLimits;
  readonly counters: DriverStats;
  readonly events: DriverEvents;
  /** Of the incarnation, for drivers that fence. */
  readonly epoch: number;
}
