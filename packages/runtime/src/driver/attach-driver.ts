import { type ReeveError, reeveError } from "@reeve/contract";
import type {
  AnyDriverPort,
  Driver,
  DriverCallOptions,
  DriverClient,
  DriverLog,
  DriverOwner,
  Fenced,
} from "@reeve/driver-sdk";
import { requireDriverOf } from "@reeve/driver-sdk/internal";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { ManagerObserving } from "../telemetry/index.ts";
import { Caller, type CallNotes } from "./caller.ts";
import type { CompiledDriverLimits } from "./driver-limits.ts";
import { type DriverCounters, DriverStats } from "./driver-stats.ts";
import { facade } from "./facade.ts";
import { type DriverState, SessionKeeper } from "./session.ts";
import type { DriverEvents } from "./session-options.ts";

export interface AttachOptions<P extends AnyDriverPort> {
  /** What the manager needs. */
  readonly port: P;
  /** What the supervisor's script gave. */
  readonly driver: Driver<P>;
  /** For whom it is set up. */
  readonly owner?: DriverOwner | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: DriverLog;
  readonly events: DriverEvents;
  readonly limits: CompiledDriverLimits;
  /** Of the incarnation: what its calls are given as a fencing token. */
  readonly epoch: number;
  /** Where calls are noted that work makes; absent where no work is journalled. */
  readonly work?: CallNotes | undefined;
  /** Sees each call. Default: nobody does. */
  readonly observing?: ManagerObserving | undefined;
}

/** A driver with the runtime's care around it. */
export interface AttachedDriver<P extends AnyDriverPort> {
  /** What a manager's `setup` is given; may be captured before the driver is up. Calls without a driver fail with `DRIVER_LOST`. */
  readonly facade: DriverClient<P>;
  readonly healthy: boolean;
  readonly name: string;
  /** As its author says. */
  readonly version: string | undefined;
  readonly state: DriverState;
  /** Since when it may be called, or may not, for the present reason; in milliseconds since 1970. */
  readonly since: number;
  /** Why it is not healthy; undefined while healthy and before the first set-up has failed. */
  readonly cause: ReeveError | undefined;
  /** Whether a dead member's work may be taken over on its device: see {@link Driver.fences}. */
  readonly fences: boolean;
  /**
   * From its return on, sessions of that address with a lower epoch change nothing on the device. A call of the driver as any
   * other: bounded, counted, logged, told of as `fence`. Idempotent; several at a time may run.
   *
   * @throws ReeveError `DRIVER_FAILED` what the driver threw, `UNIMPLEMENTED` where it does not fence; `DRIVER_LOST`; `CANCELLED`.
   * Then nothing may be taken over
   */
  fence(fenced: Fenced, options?: DriverCallOptions): Promise<void>;
  counters(): DriverCounters;
  /** What the manager's calls wait for now, as `driver: method`, the oldest first. */
  waitedFor(): readonly string[];
  /**
   * Refuses calls with `DRIVER_LOST` for this cause, and is not healthy, until it is told `undefined`. For a manager that
   * could not be prepared: its operations are not to work on a device that it knows nothing of yet.
   */
  shut(cause: ReeveError | undefined): void;
  /** Begins to set the driver up and returns at once; retries without end. Once only, and once more after each `rest`. */
  start(): void;
  /**
   * Ends calls and set-up, then closes the driver until it is started again; without an event. Bounded, never rejects.
   *
   * @param cause what calls are refused for until then
   */
  rest(cause: ReeveError): Promise<void>;
  /**
   * Puts another driver in its place: as {@link SessionKeeper.replace} says. Calls that run finish on the one they began on.
   *
   * @throws ReeveError `INVALID_OPTION` when it does not fit the port, or is of another name or abilities, which the manager
   * has built on; what its set-up failed with. Then this one stays
   */
  replace(driver: Driver<P>, signal: AbortSignal): Promise<void>;
  /** Ends calls and set-up, then closes the driver; bounded, idempotent, never rejects. */
  close(): Promise<void>;
}

/**
 * Puts set-up, retries, checks, deadlines, a bound on concurrency, counters and logs round a driver. Opens nothing until `start`.
 *
 * @throws ReeveError `INVALID_OPTION` when the driver does not fit the port
 */
export function attachDriver<P extends AnyDriverPort>(options: AttachOptions<P>): AttachedDriver<P> {
  const { port, driver, owner, clock, random, log, limits, events, epoch, work, observing } = options;
  requireDriverOf(port, driver);
  const counters = new DriverStats();
  const keeper = new SessionKeeper({ driver, owner, clock, random, log, limits, counters, events, epoch });
  const caller = new Caller({ driver: driver.name, clock, log, limits, counters, keeper, epoch, work, observing });
  let started = false;
  let closing: Promise<void> | undefined;
  return {
    facade: facade({ port, driver, caller, healthy: () => keeper.healthy }),
    get healthy() {
      return keeper.healthy;
    },
    get cause() {
      return keeper.cause;
    },
    name: driver.name,
    get version() {
      return keeper.version;
    },
    get state() {
      return keeper.state;
    },
    get since() {
      return keeper.since;
    },
    fences: driver.fences,
    fence: (fenced, callOptions) => caller.fence(fenced, callOptions),
    counters: () => counters.snapshot(),
    waitedFor: () => caller.waitedFor(),
    shut: (cause) => keeper.shut(cause),
    start() {
      if (started || closing) return;
      started = true;
      keeper.start();
    },
    async rest(cause) {
      if (!started || closing) return;
      started = false;
      const rested = keeper.rest(cause);
      caller.endAll(cause);
      await rested;
    },
    async replace(other, signal) {
      requireDriverOf(port, other);
      requireSameKind(driver, other);
      await keeper.replace(other, signal);
    },
    close() {
      closing ??= (async () => {
        const closed = keeper.close();
        caller.endAll(
          reeveError("DRIVER_LOST", `driver ${driver.name} was closed during the call`, { retryable: false }),
        );
        await closed;
      })();
      return closing;
    },
  };
}

/** A manager has found out in its `setup` what its driver can do. */
function requireSameKind(present: Driver, other: Driver): void {
  const kind = ({ name, abilities, fences }: Driver) =>
    `${name} with ${[...abilities].sort().join(", ") || "no abilities"}${fences ? ", fencing" : ""}`;
  if (kind(present) === kind(other)) return;
  throw reeveError(
    "INVALID_OPTION",
    `driver: expected ${kind(present)}, got ${kind(other)}; restart the manager to give it another kind of driver`,
  );
}
