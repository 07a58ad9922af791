import type { Duration } from "@reeve/contract";
import { knownKeys, readDuration, readInteger } from "../config/index.ts";
import { type CompiledDriverLimits, compileDriverLimits, type DriverLimits } from "../driver/index.ts";
import { defaultLimits, type MailboxLimits } from "../mailbox/mailbox.ts";

/** Bounds and times of one manager. */
export interface ManagerLimits {
  /** Calls that run at once. Default 64. */
  readonly maxInFlight?: number;
  /** Calls that wait; the rest are refused with `MAILBOX_FULL`. Default 1024. */
  readonly maxQueued?: number;
  /**
   * How long to wait for a driver at start before the manager opens degraded. Until recovery and `initHost` have run,
   * because the driver is away or because it failed them, operations run, and find the driver lost: what it is asked fails
   * with `DRIVER_LOST`, and it is not `healthy`. Default `"10s"`.
   */
  readonly driverPatience?: Duration;
  /**
   * How long `setup`, `initHost` and `initHostWithRpc` may each take; they are said to be slow after 10 s and then every
   * minute. One that takes longer has failed, with `START_TIMEOUT` and its signal aborted. Recovery that takes longer goes
   * on while the manager serves. Default `"2m"`, as controller-runtime waits for its caches.
   */
  readonly startTimeout?: Duration;
  /** How long a stop waits for what is in flight. Default `"30s"`. */
  readonly drainTimeout?: Duration;
  /** Between two probes of `isWorking`; a driver that comes back is one more reason to ask. Default `"10s"`. */
  readonly probeEvery?: Duration;
  /** A probe that takes longer counts as "no" and is given up. Default `"5s"`. */
  readonly probeTimeout?: Duration;
  /** Of calls to the driver. */
  readonly driver?: DriverLimits;
}

export interface CompiledLimits extends MailboxLimits {
  readonly driverPatienceMs: number;
  readonly startTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly probeEveryMs: number;
  readonly probeTimeoutMs: number;
  readonly driver: CompiledDriverLimits;
}

const defaults: CompiledLimits = {
  ...defaultLimits,
  driverPatienceMs: 10_000,
  startTimeoutMs: 120_000,
  drainTimeoutMs: 30_000,
  probeEveryMs: 10_000,
  probeTimeoutMs: 5_000,
  driver: compileDriverLimits("driver"),
};

const limitNames = [
  "maxInFlight",
  "maxQueued",
  "driverPatience",
  "startTimeout",
  "drainTimeout",
  "probeEvery",
  "probeTimeout",
  "driver",
];

/**
 * @param base what holds where nothing is given
 * @throws ReeveError `INVALID_OPTION` naming the limit
 */
export function compileLimits(field: string, limits: ManagerLimits, base = defaults): CompiledLimits {
  knownKeys(field, limits, limitNames);
  const positive = { minMs: 1 };
  return {
    maxInFlight: readInteger(`${field}: maxInFlight`, limits.maxInFlight, base.maxInFlight),
    maxQueued: readInteger(`${field}: maxQueued`, limits.maxQueued, base.maxQueued, { min: 0 }),
    driverPatienceMs: readDuration(`${field}: driverPatience`, limits.driverPatience, base.driverPatienceMs),
    startTimeoutMs: readDuration(`${field}: startTimeout`, limits.startTimeout, base.startTimeoutMs, positive),
    drainTimeoutMs: readDuration(`${field}: drainTimeout`, limits.drainTimeout, base.drainTimeoutMs),
    probeEveryMs: readDuration(`${field}: probeEvery`, limits.probeEvery, base.probeEveryMs, positive),
    probeTimeoutMs: readDuration(`${field}: probeTimeout`, limits.probeTimeout, base.probeTimeoutMs, positive),
    driver: compileDriverLimits(`${field}: driver`, limits.driver, base.driver),
  };
}
