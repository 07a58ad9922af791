import { type AnyContract, ReeveError, type Ref, reeveError, type Schema } from "@reeve/contract";
import type { AnyDriverPort } from "@reeve/driver-sdk";
import { withTimeout } from "../base/bounded-wait.ts";
import type { AbandonOptions, AbandonReport } from "../manager/abandonment.ts";
import type { ManagerDefinition } from "../manager/definition.ts";
import { managerSpec, type SpawnOptions } from "../manager/spawn-options.ts";

import { Caller } from "../rpc/caller/caller.ts";
import { type Principal, systemPrincipal } from "../rpc/principal.ts";
import { Child, type ChildHost } from "./child.ts";
import { Children } from "./children.ts";
import { resetFailedBriefly } from "./host/failures.ts";
import { HostAdmin } from "./host/host-admin.ts";
import { HostRuntime } from "./host-runtime.ts";
import { InProcessLives } from "./in-process-lives.ts";
import { inspectionHost } from "./inspection-host.ts";
import { type ManagerReport, reportOf } from "./manager-report.ts";
import { ManagerVerbs } from "./manager-verbs.ts";
import { gaveUpCode, handleSignals } from "./signals.ts";
import {
  type CompiledSupervisorOptions,
  compileSupervisorOptions,
  type SupervisorOptions,
} from "./supervisor-options.ts";

/** A manager that was spawned. */
export interface SpawnedManager {
  /** `host` or `host@backend`. */
  readonly address: string;
  /** Resolves when it is ready, or open though degraded. @throws ReeveError `BOOT_FAILED` */
  ready(): Promise<void>;
}

/** How much of the time for a stop is kept for store, transport and what else the managers share; a quarter where that is less. */
const longestReserveMs = 5_000;

/**
 * Runs managers on one host: starts them in order, restarts one that fails (one-for-one), stops them in reverse. Its
 * methods may be called at any time; `start` and `stop` are idempotent.
 */
export class Supervisor {
  readonly host: string;
  readonly cluster: string | undefined;
  readonly #options: CompiledSupervisorOptions;
  readonly #runtime: HostRuntime;
  readonly #caller: Caller;
  readonly #childHost: ChildHost;
  readonly #children: Children<Child>;
  readonly #verbs: ManagerVerbs;
  readonly #admin: HostAdmin;
  readonly #finished = Promise.withResolvers<void>();
  #starting: Promise<void> | undefined;
  #opening: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  /** What the managers share is open: one may begin. */
  #open = false;
  #running = false;
  /** Somebody learns of its end, and decides what becomes of the process. */
  #followed = false;
  #ignoreSignals = () => {};
  #inspectorUrl: string | undefined;

  constructor(options: CompiledSupervisorOptions) {
    this.#options = options;
    this.host = options.host;
    this.cluster = options.cluster;
    this.#children = new Children(options);
    this.#runtime = new HostRuntime(options, () => {
      this.#children.heed();
      this.#admin.child.heed();
    });
    this.#childHost = {
      policy: options,
      log: options.log,
      directory: this.#runtime.directory,
      lives: new InProcessLives(() => this.#runtime.environment, options.inspect),
      causesOf: (manager) => this.#runtime.conditions.causesOf(manager),
      storeFails: () => this.#runtime.environment.database.health.fault !== undefined,
      vacancies: this.#runtime.vacancies,
      gaveUp: (child, failure) => this.#giveUp(child, failure),
    };
    this.#verbs = new ManagerVerbs({
      host: options.host,
      log: options.log,
      children: this.#children,
      reachable: () => this.#runtime.reachable(),
      requireOpen: (what) => this.#requireOpen(what),
    });
    this.#admin = new HostAdmin(options, this.#runtime, this.#childHost, {
      children: this.#children,
      verbs: this.#verbs,
    });
    this.#caller = new Caller(this.#runtime.refs, options.host, systemPrincipal(options.host));
    // Whoever does not ask is told by the log.
    this.#finished.promise.catch(() => undefined);
  }

  /**
   * Resolves when it has stopped; rejects with `RESTARTS_EXHAUSTED`, or without a transport with `FENCED`, when it gave up on a manager, and stops.
   *
   * Giving up ends the process with code 1 after {@link handleSignals}. Without it, what asked for `finished` by then decides
   * what becomes of the process; when nothing did, `process.exitCode` becomes 1 unless it is set.
   *
   * @example
   * ```ts
   * supervisor.finished.catch((error) => replaceHost(error)); // a larger process goes on
   * ```
   */
  get finished(): Promise<void> {
    this.#followed = true;
    return this.#finished.promise;
  }

  /**
   * Adds a manager, at `host` or `host@backend`. It starts with the supervisor, or at once when that runs already; if
   * it then does not start, `ready` rejects and it is taken out again, as OTP's `start_child` has it.
   *
   * @throws ReeveError `INVALID_OPTION` naming what is wrong; `ADDRESS_IN_USE` when that manager is at that address
   * already; `NOT_SERVING` once the supervisor stops
   */
  spawn<C extends AnyContract, P extends AnyDriverPort, Conf extends Schema>(
    definition: ManagerDefinition<C, P, Conf>,
    options: SpawnOptions<P, Conf> = {},
  ): SpawnedManager {
    this.#requireWanted("spawn");
    const spec = managerSpec(this, definition as unknown as ManagerDefinition, options);
    const { name } = spec.definition.contract;
    if (this.#admin.child.occupies(spec))
      throw reeveError("ADDRESS_IN_USE", `spawn ${name}: ${spec.address} is the host's own manager of that name`);
    const before = this.#children.all.find((child) => child.occupies(spec));
    if (before && before.state !== "stopped") {
      throw reeveError("ADDRESS_IN_USE", `spawn ${name}: ${spec.address} is taken; give this one another backend`);
    }
    if (before) this.#children.remove(before);
    const child = new Child(spec, this.#childHost);
    this.#children.add(child);
    if (this.#starting) {
      child.announce();
      child.heed();
    }
    const opened = this.#running ? this.#children.openLate(child) : undefined;
    // It is told by `ready` and by the log.
    opened?.catch((error: unknown) => this.#options.log.error({ err: error }, "a spawned manager did not start"));
    return {
      address: spec.address,
      ready: async () => {
        await (opened ?? this.#starting);
        await child.ready();
        if (opened) await this.#runtime.reachable();
      },
    };
  }

  /**
   * Opens store and transport, then the managers in the order of spawning, each when the last one's endpoints are open;
   * resolves when every one is ready, or open though degraded, and a process that joins now finds them. Without a link the
   * managers serve this process, `degraded (LINK_LOST)` with the reason, and others once the link comes: a broker that is
   * away is not waited for, one that says nothing no longer than 5 s. When a manager fails, or hangs for longer than its
   * `startTimeout`, everything is stopped again.
   *
   * @throws ReeveError of the store or transport, or `BOOT_FAILED` with the manager's failure as `cause`; `NOT_SERVING`
   * once it stops
   */
  start(): Promise<void>;

  /**
   * Starts one manager that was drained, or whose start has failed; one that runs is left as it is. Resolves when it is ready.
   *
   * @throws ReeveError `NO_RESPONDERS` for an unknown one; `BOOT_FAILED`, after which it is listed as failed and may be started
   * again; `NOT_SERVING` before the supervisor's own start and once it stops
   * @example
   * await supervisor.drain("volume", "block-01@ssd"); // listed as stopped
   * await supervisor.start("volume", "block-01@ssd"); // with the next epoch
   */
  start(manager: string, address: string): Promise<void>;

  start(manager?: string, address?: string): Promise<void> {
    if (manager !== undefined && address !== undefined) return this.#verbs.start(manager, address);
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /**
   * Stops the managers in reverse order, each drained, then lets go of store and transport. Never rejects; what has not
   * ended within `stopTimeout`, the last 5 s of which are for store and transport, is logged by name and abandoned.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /**
   * Resets every manager: configuration read again, clients rebuilt, the manager's own `reset`. Resets that are asked for
   * while one runs share a single further one. A manager that has not booted yet has nothing to reset: it reads its
   * configuration when it boots.
   *
   * @throws ReeveError `RESET_FAILED` when some failed; those serve on with what they had. `data.failures` has `manager`,
   * `reason` and `message` of each, as the `host` contract's `reset` declares it
   */
  reset(): Promise<void> {
    return this.#verbs.reset();
  }

  /**
   * Drains one manager and starts it again; who asks while it starts anyway joins that. One that was drained is started.
   *
   * @throws ReeveError `NO_RESPONDERS` for an unknown one; `BOOT_FAILED`; `NOT_SERVING` before its start and once it stops
   */
  restart(manager: string, address: string): Promise<void> {
    return this.#verbs.restart(manager, address);
  }

  /**
   * Drains one manager. It stays listed as stopped until it is started, or another is spawned at its address.
   *
   * @throws ReeveError `NO_RESPONDERS` for an unknown one
   */
  drain(manager: string, address: string): Promise<void> {
    return this.#verbs.drain(manager, address);
  }

  /**
   * Ends one manager as a crash would: nothing is drained, calls end with `PEER_LOST`, its handles die. It is restarted
   * under the usual policy. For tests and for an operator's last resort.
   *
   * @throws ReeveError `NO_RESPONDERS` for an unknown one
   */
  kill(manager: string, address: string): void {
    this.#verbs.kill(manager, address);
  }

  /**
   * Abandons one operation without a restart of its manager: an operation that does not return gives back its slot and lane,
   * and work that is held for a driver call is recovered without waiting for that call any longer. Who still waits for the
   * operation is told first, with `ABANDONED`, outcome `maybe-executed`; what its handler returns later is logged and dropped,
   * its context is dead, and its work may use driver and store no more. Done when it returns, but for the recovery, which then
   * begins. Writes an audit line.
   *
   * The driver call itself cannot be undone: abandon it only when you know that it will take no effect any more.
   *
   * @example
   * const [held] = supervisor.managers().flatMap(({ held }) => held);
   * supervisor.abandon("volume", "block-01@ssd", { resource: held.resource, reason: "array rebooted", by: "ada" });
   *
   * @throws ReeveError `INVALID_OPTION` naming field and value; `NO_RESPONDERS` for an unknown manager; `NOT_RUNNING` when
   * nothing that runs or is held matches
   */
  abandon(manager: string, address: string, options: AbandonOptions): AbandonReport {
    return this.#verbs.abandon(manager, address, options);
  }

  /** Where the inspector's page is, with its token; undefined without one and before the start. */
  get inspectorUrl(): string | undefined {
    return this.#inspectorUrl;
  }

  /** What runs here, in order of spawning. */
  managers(): readonly ManagerReport[] {
    return this.#children.all.map(reportOf);
  }

  /** Resolves with the first report of a manager, now or later, that satisfies the condition; rejects when the supervisor stops first. */
  until(manager: string, address: string, accepts: (report: ManagerReport) => boolean): Promise<ManagerReport> {
    return this.#verbs.until(manager, address, accepts);
  }

  /**
   * A typed handle on a manager, wherever it runs. It acts as the system, with the host's name and every role: believed in
   * this process, and by hosts that list this one in `trustedForwarders`. Others take it for a caller without any role.
   */
  ref<C extends AnyContract>(contract: C): Ref<C> {
    return this.#caller.ref(contract);
  }

  /**
   * Makes refs on behalf of somebody. Hosts elsewhere refuse them with `NOT_PERMITTED` unless they list this one in
   * `trustedForwarders`.
   *
   * @throws ReeveError `INVALID_OPTION` naming field and value
   * @example
   * ```ts
   * const volume = supervisor.as({ user: "ada", tenant: "acme", roles: ["operator"] }).ref(volumes);
   * ```
   */
  as(principal: Principal): Caller {
    return this.#caller.as(principal);
  }

  /**
   * SIGTERM and SIGINT drain, stop and end the process with code 0, a second one at once; SIGHUP opens a log file by its
   * name again, and resets. When the supervisor gives up on a manager, the process ends with code 1 once all has stopped. Returns
   * how to leave signals and process alone. Call it before {@link start}, which may take long: until it is called, each
   * of these signals ends the process as it ends any. Calling it again replaces the listeners of the last call.
   *
   * @example
   * ```ts
   * supervisor.handleSignals();
   * await supervisor.start();
   * ```
   */
  handleSignals(): () => void {
    this.#ignoreSignals();
    const { log, reopenLog } = this.#options;
    const finished = this.#finished.promise;
    const reset = () =>
      this.reset().catch((error: unknown) => {
        throw resetFailedBriefly(error);
      });
    const target = { stop: () => this.stop(), reset, reopenLog, finished };
    this.#ignoreSignals = handleSignals(target, log, process);
    return this.#ignoreSignals;
  }

  async #start(): Promise<void> {
    this.#requireWanted("start");
    try {
      this.#admin.child.announce();
      this.#children.announce();
      this.#opening = this.#runtime.open();
      await this.#unlessStopped(this.#opening);
      this.#opening = undefined;
      this.#requireWanted("start");
      this.#open = true;
      await this.#unlessStopped(this.#inspect());
      this.#requireWanted("start");
      const isStopping = () => this.#stopping !== undefined;
      // It answers while the others start.
      const administered = this.#admin.child.open();
      administered.catch(() => undefined);
      await this.#children.open(isStopping);
      await administered;
      this.#requireWanted("start");
      this.#running = true;
      await this.#children.ready(isStopping);
      await this.#runtime.reachable();
      this.#requireWanted("start");
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** A stop leaves behind what never opens; so does the start. */
  async #unlessStopped(opening: Promise<void>): Promise<void> {
    await Promise.race([opening, this.#finished.promise]);
  }

  #requireWanted(what: string): void {
    if (this.#stopping) throw reeveError("NOT_SERVING", `${what}: the supervisor stops`);
  }

  #requireOpen(what: string): void {
    this.#requireWanted(what);
    if (!this.#open) throw reeveError("NOT_SERVING", `${what}: the supervisor has not started yet`);
  }

  async #inspect(): Promise<void> {
    const { host, cluster, clock, inspector, transport, alone } = this.#options;
    const { inspection, environment, conditions, counters, targets } = this.#runtime;
    const shown = inspectionHost({
      ...{ host, cluster, clock, transport, alone, conditions },
      bus: inspection,
      reports: environment.reports,
      counts: () => counters.snapshot(),
      lowestMinor: (contract, major) => targets.of(contract, major).lowestMinor,
      children: () => this.#children.all,
    });
    this.#inspectorUrl = await this.#runtime.show(shown, inspector, (principal) => this.as(principal));
  }

  async #stop(): Promise<void> {
    const { clock, stopTimeoutMs, closeLog } = this.#options;
    const endsAt = clock.now() + stopTimeoutMs;
    const leftMs = () => endsAt - clock.now();
    if (this.#opening) this.#runtime.giveUp();
    // However long the managers take, something is left for what they share.
    const withinMs = stopTimeoutMs - Math.min(longestReserveMs, stopTimeoutMs / 4);
    const opening = this.#opening && { name: "the opening of store and transport", ended: this.#opening };
    await this.#children.stop(withinMs, opening);
    await this.#admin.stop(leftMs() / 4);
    await this.#runtime.close(leftMs() * 0.9);
    this.#ignoreSignals();
    await withTimeout(clock, leftMs(), closeLog()).catch(() => false);
    this.#finished.resolve();
  }

  #giveUp(child: Child, cause: unknown): void {
    const fenced = cause instanceof ReeveError && cause.reason === "FENCED";
    const error = fenced
      ? cause
      : reeveError(
          "RESTARTS_EXHAUSTED",
          `${child.key} failed more than ${this.#options.maxRestarts} times within ${this.#options.withinMs} ms; stopping`,
          {
            address: child.spec.address,
            cause,
          },
        );
    this.#options.log.error({ err: error }, "giving up");
    const why = cause instanceof Error && cause !== error ? `${error.message}: ${cause.message}` : error.message;
    this.#runtime.tellOfEnd({ reason: error.reason, message: why });
    this.#finished.reject(error);
    if (!this.#followed) process.exitCode ??= gaveUpCode;
    void this.stop();
  }
}

/**
 * Makes a supervisor. Nothing runs until `start`.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option and the value
 *
 * @example
 * ```ts
 * const supervisor = createSupervisor({ host: "block-01" });
 * supervisor.spawn(volumeManager, { backend: "ssd", driver: fileVolumes({ root: "/srv/ssd" }) });
 * supervisor.handleSignals();
 * await supervisor.start();
 * ```
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  return new Supervisor(compileSupervisorOptions(options));
}
