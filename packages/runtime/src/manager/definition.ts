import { type AnyContract, type Contract, type Output, reeveError, type Schema } from "@reeve/contract";
import { isSchema } from "@reeve/contract/internal";
import type { AnyDriverPort, DriverClient } from "@reeve/driver-sdk";
import type { Actors } from "../actors/index.ts";
import type { Clock } from "../base/clock.ts";
import type { Capabilities, CapabilityReports } from "../capability/index.ts";
import { knownKeys, shown } from "../config/index.ts";
import type { AcquireLease } from "../leases/index.ts";
import { isJobKind, isRowsOnly, type JobKinds, type Work } from "../recovery/index.ts";
import type { Store, StoreDefinition } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { Workers } from "../workers/index.ts";
import type { ManagerBehaviour } from "./behaviour.ts";
import { type CompiledLimits, compileLimits, type ManagerLimits } from "./limits.ts";

/** What `setup` is given. All of it may be captured in the closure; none of it works any more once the incarnation has ended. */
export interface Handles<
  P extends AnyDriverPort,
  D extends StoreDefinition,
  Cap extends Schema,
  Conf extends Schema,
  J extends JobKinds = {},
> {
  /** The driver given at spawn. Without one a call fails with `DRIVER_LOST`. */
  readonly driver: DriverClient<P>;
  /** The tables this manager owns. */
  readonly store: Store<D>;
  /** The work journal: what has begun is finished or recovered. */
  readonly work: Work<D, J>;
  /** Resolves when this incarnation is the only one of the manager that holds a lease of that name, on all hosts of its database. */
  readonly lease: AcquireLease;
  /** Actors of the manager's own: XState machines that end with the incarnation, or are kept in the store. */
  readonly actors: Actors<D>;
  /** A pool of threads, shared by the supervisor's managers. */
  readonly workers: Workers;
  /** Where to say what can be placed here. */
  readonly capabilities: Capabilities<Cap>;
  /** What every manager says can be placed on it: for schedulers. */
  readonly reports: CapabilityReports;
  /** `host` or `host@backend`. */
  readonly address: string;
  /**
   * The address that the members of its cluster share: `rack-a`, or `rack-a@ssd`. `owner` may return it, and each member then
   * takes the resource for its own: write `cluster ?? address` into the row. Undefined where it is in no cluster.
   */
  readonly cluster: string | undefined;
  /** Read again at each reset: ask for `current` when it is needed. */
  readonly config: { readonly current: Output<Conf> };
  /** Makes the identity of something new: 26 characters, sortable by the time they were made, unique across processes. */
  readonly newId: () => string;
  /** Where time comes from: a test gives its own. */
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ManagerOptions<
  C extends AnyContract,
  P extends AnyDriverPort,
  D extends StoreDefinition,
  Cap extends Schema,
  Conf extends Schema,
  J extends JobKinds = {},
  R = {},
> {
  readonly contract: C;
  /** What its driver must implement; the driver itself is given at spawn. */
  readonly driver?: P;
  readonly store?: D;
  /** Only a manager that a scheduler places work on declares this. */
  readonly capabilities?: Cap;
  /** What its configuration must satisfy; the configuration itself is given at spawn. */
  readonly config?: Conf;
  /**
   * The kinds of work that it journals, each with the type of its payload: `{ "volume.creating": job<Spec>() }`. Each needs a
   * function in `recover`. A kind of which work may be left behind by an earlier version stays declared. Default: none.
   */
  readonly jobs?: J;
  readonly limits?: ManagerLimits;
  /**
   * Runs once per incarnation; its closure is the manager's state. Where a driver call in it fails it runs again, as
   * `initHost` does, and until it has returned calls are refused with `DRIVER_LOST`: ask the driver before opening anything.
   */
  readonly setup: (handles: Handles<P, D, Cap, Conf, J>) => Recovering<C, D, J, R> | Promise<Recovering<C, D, J, R>>;
}

/** With every function in `recover` that nothing declares refused: an object that `setup` returns is not checked for more than it needs. */
type Recovering<C extends AnyContract, D extends StoreDefinition, J extends JobKinds, R> = ManagerBehaviour<
  C,
  D,
  NoInfer<J>
> & { readonly recover?: R & { readonly [K in Exclude<keyof R, keyof J>]: never } };

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
  /** The kinds of work that it journals. */
  readonly jobs: readonly string[];
  /** Those of them whose recovery changes rows only. */
  readonly rowsOnlyJobs: readonly string[];
  readonly limits: CompiledLimits;
  readonly setup: (handles: Handles<any, any, any, any, any>) => ManagerBehaviour<any> | Promise<ManagerBehaviour<any>>;
  /** Carries the types of what `spawn` takes; never present at run time. */
  readonly [driverType]?: { readonly port: P; readonly config: Conf };
}

/** What `defineManager` has checked. A copy is not among them, nor is what somebody changed in it. */
const defined = new WeakSet<object>();

/** Whether `defineManager` made it. */
export function isDefinition(value: unknown): value is ManagerDefinition {
  return typeof value === "object" && value !== null && defined.has(value);
}

const optionNames = ["contract", "driver", "store", "capabilities", "config", "jobs", "limits", "setup"];
/**
 * Defines a manager. Nothing runs until it is spawned.
 *
 * @throws ReeveError `INVALID_OPTION` naming the manager and the field that is wrong
 *
 * @example
 * ```ts
 * const clocks = contract("clock", "1.0", { now: call({ input: z.object({}), output: z.string() }) });
 * const clockManager = defineManager({
 *   contract: clocks,
 *   setup: ({ log }) => ({
 *     initHost: () => log.info("before anybody may call"),
 *     operations: { now: () => new Date().toISOString() },
 *   }),
 * });
 * ```
 */
export function defineManager<
  C extends AnyContract,
  P extends AnyDriverPort = never,
  D extends StoreDefinition = never,
  Cap extends Schema = never,
  Conf extends Schema = never,
  J extends JobKinds = {},
  R = {},
>(options: ManagerOptions<C, P, D, Cap, Conf, J, R>): ManagerDefinition<C, P, Conf> {
  const contract: Contract | undefined = options?.contract;
  if (!(contract?.operations instanceof Map))
    throw reeveError("INVALID_OPTION", "defineManager: contract: expected the result of contract()");
  const field = `manager ${contract.name}`;
  knownKeys(field, options, optionNames);
  if (typeof options.setup !== "function") throw reeveError("INVALID_OPTION", `${field}: setup: expected a function`);
  for (const name of ["capabilities", "config"] as const) {
    if (options[name] !== undefined && !isSchema(options[name]))
      throw reeveError("INVALID_OPTION", `${field}: ${name}: expected a Standard Schema`);
  }
  if (options.driver !== undefined && !isPort(options.driver)) {
    const wanted = "expected the result of driverPort() (the driver itself is given at spawn)";
    throw reeveError("INVALID_OPTION", `${field}: driver: ${wanted}, got ${shown(options.driver)}`);
  }
  if (options.store !== undefined && !Array.isArray(options.store?.versions))
    throw reeveError(
      "INVALID_OPTION",
      `${field}: store: expected the result of defineStore(), got ${shown(options.store)}`,
    );
  requireStore(field, contract, options.store);
  const definition = Object.freeze({
    contract: options.contract,
    driver: options.driver,
    store: options.store,
    capabilities: options.capabilities,
    config: options.config,
    ...readJobs(field, options),
    limits: compileLimits(`${field}: limits`, options.limits ?? {}),
    setup: options.setup,
  });
  defined.add(definition);
  return definition;
}

/** Keys are kept where a manager's transactions commit. @throws ReeveError `INVALID_OPTION` */
function requireStore(field: string, { operations }: Contract, store: unknown): void {
  const wanted = [...operations.values()].find(({ dedupe }) => dedupe === "store");
  if (!wanted || store !== undefined) return;
  const why = wanted.durable ? "is a durable cast, whose keys are" : 'has dedupe "store": its keys are';
  throw reeveError(
    "INVALID_OPTION",
    `${field}: store: expected the result of defineStore(), got undefined; operation ${wanted.name} ${why} kept there`,
  );
}

function readJobs(
  field: string,
  { jobs = {}, store }: { readonly jobs?: unknown; readonly store?: unknown },
): Pick<ManagerDefinition, "jobs" | "rowsOnlyJobs"> {
  const refuse = (message: string): never => {
    throw reeveError("INVALID_OPTION", `${field}: jobs: ${message}`);
  };
  if (typeof jobs !== "object" || jobs === null || Array.isArray(jobs))
    refuse(`expected an object, got ${shown(jobs)}`);
  const declared = Object.entries(jobs as object);
  for (const [kind, value] of declared)
    if (!isJobKind(value)) refuse(`${JSON.stringify(kind)}: expected the result of job(), got ${shown(value)}`);
  if (declared.length > 0 && store === undefined) refuse("they are kept in its store, and it has none");
  const nameOf = ([kind]: readonly [string, unknown]) => kind;
  return {
    jobs: declared.map(nameOf),
    rowsOnlyJobs: declared.filter(([, value]) => isRowsOnly(value)).map(nameOf),
  };
}

/** A driver has a name and a version as well, but no table of methods. */
function isPort(value: Partial<AnyDriverPort> | null): boolean {
  return typeof value?.name === "string" && typeof value.methods === "object";
}
