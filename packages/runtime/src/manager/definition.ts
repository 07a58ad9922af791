import {
  type AnyContract,
  type Contract,
  type Duration,
  isSchema,
  type Output,
  reeveError,
  type Schema,
} from "@reeve/contract";
import type { AnyDriverPort, DriverClient } from "@reeve/driver-sdk";
import type { Clock } from "../base/clock.ts";
import type { Capabilities, CapabilityReports } from "../capability/index.ts";
import { knownKeys, readDuration, readInteger } from "../config/index.ts";
import type { DriverLimits } from "../driver/driver-limits.ts";
import { defaultLimits, type MailboxLimits } from "../mailbox/mailbox.ts";
import type { Work } from "../recovery/index.ts";
import type { Store, StoreDefinition } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { Workers } from "../workers/index.ts";
import type { ManagerBehaviour } from "./behaviour.ts";

/** What `setup` is given. All of it may be captured in the closure; none of it works any more once the incarnation has ended. */
export interface Handles<P extends AnyDriverPort, D extends StoreDefinition, Cap extends Schema, Conf extends Schema> {
  /** The driver given at spawn. Without one a call fails with `DRIVER_LOST`. */
  readonly driver: DriverClient<P>;
  /** The tables this manager owns. */
  readonly store: Store<D>;
  /** The work journal: what has begun is finished or recovered. */
  readonly work: Work<D>;
  /** A pool of threads, shared by the supervisor's managers. */
  readonly workers: Workers;
  /** Where to say what can be placed here. */
  readonly capabilities: Capabilities<Cap>;
  /** What every manager says can be placed on it: for schedulers. */
  readonly reports: CapabilityReports;
  /** `host` or `host@backend`. */
  readonly address: string;
  readonly cluster: string | undefined;
  /** Read again at each reset: ask for `current` when it is needed. */
  readonly config: { readonly current: Output<Conf> };
  /** Makes the identity of something new: 26 characters, sortable by the time they were made, unique across processes. */
  readonly newId: () => string;
  /** Where time comes from: a test gives its own. */
  readonly clock: Clock;
  readonly log: Logger;
}

/** Bounds and times of one manager. */
export interface ManagerLimits {
  /** Calls that run at once. Default 64. */
  readonly maxInFlight?: number;
  /** Calls that wait; the rest are refused with `MAILBOX_FULL`. Default 1024. */
  readonly maxQueued?: number;
  /** How long to wait for a driver at start before the manager opens degraded. Default `"10s"`. */
  readonly driverPatience?: Duration;
  /**
   * How long `setup`, `initHost` and `initHostWithRpc` may each take; they are said to be slow after 10 s and then every
   * minute. One that takes longer has failed, with `START_TIMEOUT` and its signal aborted. Recovery that takes longer goes
   * on while the manager serves. Default `"2m"`, as controller-runtime waits for its caches.
   */
  readonly startTimeout?: Duration;
  /** How long a stop waits for what is in flight. Default `"30s"`. */
  readonly drainTimeout?: Duration;
  /** Between two probes of `isWorking`. Default `"10s"`. */
  readonly probeEvery?: Duration;
  /** A probe that takes longer counts as "no". Default `"5s"`. */
  readonly probeTimeout?: Duration;
  /** Of calls to the driver. */
  readonly driver?: DriverLimits;
}

export interface ManagerOptions<
  C extends AnyContract,
  P extends AnyDriverPort,
  D extends StoreDefinition,
  Cap extends Schema,
  Conf extends Schema,
> {
  readonly contract: C;
  /** What its driver must implement; the driver itself is given at spawn. */
  readonly driver?: P;
  readonly store?: D;
  /** Only a manager that a scheduler places work on declares this. */
  readonly capabilities?: Cap;
  /** What its configuration must satisfy; the configuration itself is given at spawn. */
  readonly config?: Conf;
  readonly limits?: ManagerLimits;
  /** Runs once per incarnation; its closure is the manager's state. */
  readonly setup: (handles: Handles<P, D, Cap, Conf>) => ManagerBehaviour<C, D> | Promise<ManagerBehaviour<C, D>>;
}

export interface CompiledLimits extends MailboxLimits {
  readonly driverPatienceMs: number;
  readonly startTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly probeEveryMs: number;
  readonly probeTimeoutMs: number;
  readonly driver: DriverLimits | undefined;
}

declare const driverType: unique symbol;

/** A manager, ready to be spawned any number of times. */
export interface ManagerDefinition<
  C extends AnyContract = AnyContract,
  P extends AnyDriverPort = AnyDriverPort,
  Conf extends Schema = Schema,
> {
  readonly contract: C;
  readonly driver: AnyDriverPort | undefined;
  readonly store: StoreDefinition | undefined;
  readonly capabilities: Schema | undefined;
  readonly config: Schema | undefined;
  readonly limits: CompiledLimits;
  readonly setup: (handles: Handles<any, any, any, any>) => ManagerBehaviour<any> | Promise<ManagerBehaviour<any>>;
  /** Carries the types of what `spawn` takes; never present at run time. */
  readonly [driverType]?: { readonly port: P; readonly config: Conf };
}

const optionNames = ["contract", "driver", "store", "capabilities", "config", "limits", "setup"];
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
 * Defines a manager. Nothing runs until it is spawned.
 *
 * @throws ReeveError `INVALID_OPTION` naming the manager and the field that is wrong
 */
export function defineManager<
  C extends AnyContract,
  P extends AnyDriverPort = never,
  D extends StoreDefinition = never,
  Cap extends Schema = never,
  Conf extends Schema = never,
>(options: ManagerOptions<C, P, D, Cap, Conf>): ManagerDefinition<C, P, Conf> {
  const contract: Contract | undefined = options?.contract;
  if (!(contract?.operations instanceof Map))
    throw reeveError("INVALID_OPTION", "defineManager: contract: make it with contract()");
  const field = `manager ${contract.name}`;
  knownKeys(field, options, optionNames);
  if (typeof options.setup !== "function") throw reeveError("INVALID_OPTION", `${field}: setup must be a function`);
  for (const name of ["capabilities", "config"] as const) {
    if (options[name] !== undefined && !isSchema(options[name]))
      throw reeveError("INVALID_OPTION", `${field}: ${name} must be a Standard Schema`);
  }
  return Object.freeze({
    contract: options.contract,
    driver: options.driver,
    store: options.store,
    capabilities: options.capabilities,
    config: options.config,
    limits: compileLimits(`${field}: limits`, options.limits ?? {}),
    setup: options.setup,
  });
}

function compileLimits(field: string, limits: ManagerLimits): CompiledLimits {
  knownKeys(field, limits, limitNames);
  return {
    maxInFlight: readInteger(`${field}: maxInFlight`, limits.maxInFlight, defaultLimits.maxInFlight),
    maxQueued: readInteger(`${field}: maxQueued`, limits.maxQueued, defaultLimits.maxQueued, { min: 0 }),
    driverPatienceMs: readDuration(`${field}: driverPatience`, limits.driverPatience, "10s"),
    startTimeoutMs: readDuration(`${field}: startTimeout`, limits.startTimeout, "2m", { minMs: 1 }),
    drainTimeoutMs: readDuration(`${field}: drainTimeout`, limits.drainTimeout, "30s"),
    probeEveryMs: readDuration(`${field}: probeEvery`, limits.probeEvery, "10s", { minMs: 1 }),
    probeTimeoutMs: readDuration(`${field}: probeTimeout`, limits.probeTimeout, "5s", { minMs: 1 }),
    driver: limits.driver,
  };
}
