import type { Contract, ReeveError } from "@reeve/contract";
import { isDriverFailure } from "@reeve/driver-sdk/internal";
import type { Disposers } from "../base/disposers.ts";
import type { ChildFrames, InspectionPanel } from "../inspection/index.ts";
import { modeOf } from "../lifecycle/can-serve.ts";
import { type Cause, type CauseReason, hasCause } from "../lifecycle/cause.ts";
import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { Periodic } from "../periodic/index.ts";
import type { Registration } from "../registry/index.ts";
import type { RefusedCall } from "../rpc/callee/behaviour.ts";
import type { Context } from "../rpc/callee/context.ts";
import type { CurrentCall } from "../rpc/callee/current-call.ts";
import type { Service } from "../rpc/callee/service.ts";
import type { Principal } from "../rpc/principal.ts";
import type { Logger } from "../telemetry/index.ts";
import { ActorFailures } from "./actor-failures.ts";
import type { ManagerBehaviour } from "./behaviour.ts";
import { type CleanupRefusal, type CleanupReport, cleanUp } from "./cleanup.ts";
import { type ClusterMember, holdMemberLease, joinCluster } from "./cluster-takeover.ts";
import { replaceDriver } from "./driver-source.ts";
import type { EffectsInFlight } from "./effects-in-flight.ts";
import { type HealthProbe, probeOf } from "./health-probe.ts";
import { type IncarnationResources, openResources, type ResourceSources } from "./incarnation-resources.ts";
import type { OtherProcesses } from "./other-processes.ts";
import { rereadConfig } from "./reread-config.ts";
import { setUpManager } from "./set-up-manager.ts";
import type { ManagerSpec } from "./spawn-options.ts";
import { initHostWithRpc, lastReturned, prepareHost, type StartingManager } from "./start-hooks.ts";
import { type StartWatch, watchStart } from "./start-watch.ts";
import { blamedOnDriver, notSetUp } from "./unprepared.ts";

/** The life that boots: what it tells of its start, and what that asks of it. */
export interface BootingLife {
  readonly contract: Contract;
  /** `manager/address`. */
  readonly key: string;
  readonly status: LifecycleStatus;
  /** Another process holds its address. */
  readonly claimed: boolean;
  /** Aborts when it begins to drain, or ends: nothing is begun any more. */
  readonly leaving: AbortSignal;
  /** Aborts when it ends. */
  readonly ending: AbortSignal;
  /** What closing one thing may take. */
  readonly closingMs: number;
  /** Shows the actors that live in it to whoever watches. */
  readonly children: ChildFrames;
  raise(cause: Cause): void;
  clear(reason: CauseReason): void;
  /** Absent where nothing hangs on whose the address is. */
  readonly ownAddress: BootingAddress | undefined;
  /** Another incarnation has its place. */
  fenced(error: ReeveError): void;
  /** It cannot go on; its supervisor starts it anew. */
  crashed(error: ReeveError): void;
  /** Makes what a hook is given. @param waits whether its calls wait for managers that do not serve yet */
  context(hook: string, signal: AbortSignal, waits: boolean, principal?: Principal): Context;
}

/** The address of a life, while it boots. */
export interface BootingAddress {
  /** Tells other processes of the life; it has registered. */
  announce(): void;
  /** Opens what lies below the manager once it is known that the address is its own. */
  open(signal: AbortSignal): Promise<void>;
  /** From here on that is opened as soon as the address is its own. */
  booted(signal: AbortSignal): Promise<void>;
}

interface BootOptions {
  readonly spec: ManagerSpec;
  readonly sources: ResourceSources;
  readonly life: BootingLife;
  readonly service: Service;
  readonly log: Logger;
  readonly disposers: Disposers;
  readonly effects: EffectsInFlight;
  readonly current: CurrentCall | undefined;
  readonly otherProcesses: OtherProcesses | undefined;
  /** See {@link RegisterOptions.after}. */
  readonly after: number | undefined;
}

/** What one life opens and runs of its manager: its resources, and the hooks of its start and of its resets. */
export class Boot {
  readonly #options: BootOptions;
  #registration: Registration | undefined;
  #resources: IncarnationResources | undefined;
  #behaviour: ManagerBehaviour<any> | undefined;
  #member: ClusterMember | undefined;
  #periodic: Periodic | undefined;
  #probe: HealthProbe | undefined;
  #refusedConfig: ReeveError | undefined;
  /** Preparing was begun: from then on it is tried again. */
  #preparing = false;

  constructor(options: BootOptions) {
    this.#options = options;
  }

  /** Present once it has registered. */
  get registration(): Registration | undefined {
    return this.#registration;
  }

  /** Present once it has opened them. */
  get resources(): IncarnationResources | undefined {
    return this.#resources;
  }

  /** Present once `setup` has run. */
  get periodic(): Periodic | undefined {
    return this.#periodic;
  }

  /** Tables that the manager shows. */
  get panels(): readonly InspectionPanel[] {
    return this.#behaviour?.panels ?? [];
  }

  /** Why the last reset left the configuration as it was; undefined when it did not. */
  get refusedConfig(): ReeveError | undefined {
    return this.#refusedConfig;
  }

  /** What the manager's own `inspect` shows. */
  inspect(): unknown {
    return this.#behaviour?.inspect?.();
  }

  /** Tells the manager of a call that was refused for want of a right. */
  refused(refusal: RefusedCall): void {
    this.#behaviour?.refused?.(refusal);
  }

  /** Opens the resources and runs `setup`. */
  boot(signal: AbortSignal): Promise<void> {
    return this.#watched(signal, (watch) => this.#boot(watch));
  }

  /** Recovers crashed work and runs `initHost`, as often as the driver fails it. */
  prepare(signal: AbortSignal): Promise<void> {
    const before = this.#preparing ? this.#options.effects.returned() : undefined;
    this.#preparing = true;
    return this.#watched(signal, (watch) => this.#prepare(watch, before)).catch((error: unknown) => {
      throw blamedOnDriver(error, this.#resources?.driver);
    });
  }

  /** Runs `initHostWithRpc`, and asks whether the manager works. */
  warmUp(signal: AbortSignal): Promise<void> {
    const before = this.#options.effects.returned();
    return this.#watched(signal, (watch) => this.#warmUp(watch, before));
  }

  /** Reads the configuration again and runs `reset`. */
  async reset(signal: AbortSignal): Promise<void> {
    const { sources, life } = this.#options;
    const { config, replaceDriver: replace, capabilities } = this.#resources!;
    this.#refusedConfig =
      (await rereadConfig(config, signal)) ?? (await replaceDriver((either) => replace(either), sources.clock, signal));
    if (this.#refusedConfig === undefined) life.clear("CONFIG_REFUSED");
    else life.raise({ reason: "CONFIG_REFUSED", message: this.#refusedConfig.message });
    // A reset that failed is still owed, with the configuration in force.
    if (this.#refusedConfig !== undefined && !hasCause(life.status.causes, "RESET_FAILED")) return;
    await this.#behaviour?.reset?.(life.context("reset", signal, true));
    signal.throwIfAborted();
    this.#probe?.askNow();
    capabilities?.refresh();
  }

  /** Finishes what can be finished of a dead address, for an operator. */
  cleanUp(address: string): Promise<CleanupReport | CleanupRefusal> {
    const { spec, sources, otherProcesses } = this.#options;
    return cleanUp({ spec, sources, resources: this.#resources!, otherProcesses }, address);
  }

  /** What could not be done for want of the driver, or of the address, may be done now. */
  retryNow(): void {
    this.#resources?.journal?.retryNow();
    this.#resources?.outbox?.wake();
    this.#probe?.askNow();
  }

  #watched(signal: AbortSignal, effect: (watch: StartWatch) => Promise<void>): Promise<void> {
    const { sources, life, effects } = this.#options;
    const port = {
      key: life.key,
      clock: sources.clock,
      onSlow: (step: string, ms: number) =>
        life.raise({ reason: "START_STALLED", message: `still at ${step} after ${ms / 1_000} s` }),
      onMoved: () => life.clear("START_STALLED"),
    };
    return watchStart(port, signal, (watch) => effects.during(effect(watch)));
  }

  async #boot(watch: StartWatch): Promise<void> {
    const { spec, sources, life, service, log } = this.#options;
    const { ownAddress } = life;
    const { signal } = watch;
    // Bounded by the store itself: a migration is not ended half way.
    watch.step("the opening of its store");
    const resources = await this.#openResources(watch);
    this.#resources = resources;
    // One with tables is told by its host, for as long as it lasts.
    if (!spec.definition.store || !sources.database.health.fault) life.clear("STORE_FAILED");
    if (life.ending.aborted) resources.revoke(life.ending.reason as ReeveError);
    signal.throwIfAborted();
    this.#member = await joinCluster({
      ...{ spec, sources, resources, otherProcesses: this.#options.otherProcesses, log },
      paused: () => life.claimed,
      onFenced: (error) => life.fenced(error),
    });
    // It may have been told that it is superseded.
    signal.throwIfAborted();
    const driverUp = ownAddress?.open(signal);
    try {
      await this.#setUp(resources, watch);
    } catch (error) {
      // The driver may only be on its way: set up is the first step of preparing then, as often as that is tried.
      if (!isDriverFailure(error)) throw error;
      log.warn({ err: error }, "setup failed because of the driver; retrying with the rest of the start");
      service.provide(notSetUp(life.contract, life.key, error));
    }
    await driverUp;
    await ownAddress?.booted(signal);
    resources.outbox?.start();
  }

  #openResources(watch: StartWatch): Promise<IncarnationResources> {
    const { spec, sources, life, log, disposers, current, after, otherProcesses } = this.#options;
    const onFenced = (error: ReeveError) => life.fenced(error);
    return openResources({
      ...{ spec, sources, log, disposers, current, after },
      // Whoever is superseded by it hears of it before it tries again.
      onRegistered: (registration) => {
        this.#registration = registration;
        const { leases } = sources;
        holdMemberLease({ spec, otherProcesses, registration, leases, ending: life.ending, onFenced });
        life.ownAddress?.announce();
      },
      signal: watch.signal,
      leaving: life.leaving,
      // As a hook of its state: it must not wait for who starts later, or never comes back while this one drains.
      context: (hook, given, principal) => life.context(hook, given, modeOf(life.status) === "open", principal),
      onDriverReady: () => {
        life.clear("DRIVER_LOST");
        this.retryNow();
      },
      onDriverLost: (error) => life.raise({ reason: "DRIVER_LOST", message: error.message }),
      onFenced,
      frames: lazily(life),
      ...this.#actorFailures(),
      paused: () => life.claimed,
      onStoreFailing: this.#waitingForStore(watch),
      onRefused: (error) => {
        this.#refusedConfig ??= error;
        life.raise({ reason: "CONFIG_REFUSED", message: this.#refusedConfig.message });
      },
    });
  }

  #actorFailures() {
    const failures = new ActorFailures(this.#options.life);
    return {
      onActorFailed: failures.failed.bind(failures),
      onActorForgotten: failures.forgotten.bind(failures),
    };
  }

  /** Made apart from what is kept for life, which would keep the watch with it. */
  #waitingForStore(watch: StartWatch): (cause: Cause) => void {
    return (cause) => {
      watch.pass();
      this.#options.life.raise(cause);
    };
  }

  async #setUp(resources: IncarnationResources, watch: StartWatch): Promise<void> {
    const { spec, sources, life, service, log, disposers } = this.#options;
    const { behaviour, periodic } = await setUpManager({
      ...{ resources, watch, sources, disposers, log },
      definition: spec.definition,
      cluster: spec.cluster,
      paused: () => life.claimed,
      context: (task, signal) => life.context(`periodic ${task}`, signal, true),
    });
    this.#behaviour = behaviour;
    this.#periodic = periodic;
    disposers.add("periodic", () => periodic.stop(life.closingMs));
    resources.journal?.use(behaviour.recover ?? {});
    service.provide(behaviour as unknown as Parameters<Service["provide"]>[0]);
  }

  /** @param before where it is tried again: resolves when what was tried before has returned */
  async #prepare(watch: StartWatch, before: Promise<void> | undefined): Promise<void> {
    if (before) {
      await lastReturned(this.#starting, this.#behaviour ? "initHost" : "setup", watch, before);
      // What the driver failed is tried with the rest of the start, not when its own pause is over.
      this.#resources!.journal?.retryNow();
    }
    if (!this.#behaviour) await this.#setUp(this.#resources!, watch);
    await prepareHost(this.#starting, watch);
  }

  /** What the hooks of the start work on; booted. */
  get #starting(): StartingManager {
    const { spec, sources, life, log } = this.#options;
    const { startTimeoutMs } = spec.definition.limits;
    const context = life.context.bind(life);
    const shared = { key: life.key, clock: sources.clock, log, context, startTimeoutMs };
    return { ...shared, behaviour: this.#behaviour!, resources: this.#resources! };
  }

  async #warmUp(watch: StartWatch, before: Promise<void>): Promise<void> {
    await initHostWithRpc(this.#starting, watch, before);
    this.#periodic!.start();
    watch.step("isWorking");
    this.#probe = this.#startProbe();
    this.#watchCluster();
    // Nobody may take it for ready before it was asked.
    await this.#probe?.asked(watch.signal);
  }

  /** From here on it has time for what others leave. */
  #watchCluster(): void {
    const { life, disposers } = this.#options;
    const takeover = this.#member?.watch();
    if (!takeover) return;
    disposers.add("takeover", () => takeover.close());
    life.leaving.addEventListener("abort", () => void takeover.close(), { once: true });
  }

  #startProbe(): HealthProbe | undefined {
    const { spec, life, disposers } = this.#options;
    const probe = probeOf(
      this.#starting,
      spec.definition.limits,
      (problem) =>
        problem === undefined ? life.clear("NOT_WORKING") : life.raise({ reason: "NOT_WORKING", message: problem }),
      // Without its driver it cannot work, and is not to.
      () => life.claimed,
    );
    if (probe) disposers.add("probe", () => probe.stop());
    return probe;
  }
}

/** Most managers have no actors of their own: those that do are given a place when the first begins. */
function lazily(life: Pick<BootingLife, "children">): ChildFrames {
  return { began: (actor) => life.children.began(actor) };
}
