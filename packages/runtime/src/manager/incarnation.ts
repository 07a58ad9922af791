import { type Contract, type ReeveError, reeveError } from "@reeve/contract";
import { isDriverFailure } from "@reeve/driver-sdk/internal";
import type { InspectionPanel } from "../inspection/index.ts";
import { type Cause, type CauseReason, hasCause } from "../lifecycle/cause.ts";
import type { LifecycleHost, LifecycleSelf } from "../lifecycle/lifecycle-logic.ts";
import { describeChange, type LifecycleStatus, modeOf, servesOf, unborn } from "../lifecycle/status.ts";
import type { Periodic } from "../periodic/index.ts";
import type { HeldWork } from "../recovery/index.ts";
import { CurrentCall } from "../rpc/callee/current-call.ts";
import type { ReceivedCall } from "../rpc/callee/received-call.ts";
import { Service } from "../rpc/callee/service.ts";
import type { LocalTarget } from "../rpc/caller/routed-call.ts";
import type { Principal } from "../rpc/principal.ts";
import { hidingLogger, type Logger } from "../telemetry/index.ts";
import { type AbandonReport, abandonIn, type CompiledAbandonment } from "./abandonment.ts";
import { AddressHold } from "./address-hold.ts";
import type { ManagerBehaviour } from "./behaviour.ts";
import { drainWithin } from "./drain-within.ts";
import { replaceDriver } from "./driver-source.ts";
import { EffectsInFlight } from "./effects-in-flight.ts";
import { Endings } from "./endings.ts";
import type { Environment } from "./environment.ts";
import { type HealthProbe, probeOf } from "./health-probe.ts";
import { HookContext } from "./hook-context.ts";
import { heed } from "./host-causes.ts";
import { hungCause } from "./hung-cause.ts";
import { IncarnationFrames } from "./incarnation-frames.ts";
import { type IncarnationResources, openResources } from "./incarnation-resources.ts";
import type { Announced } from "./outside.ts";
import { reportedStatus } from "./reported-status.ts";
import { rereadConfig } from "./reread-config.ts";
import { secretsOf } from "./secrets.ts";
import { setUpManager } from "./set-up-manager.ts";
import type { ManagerSpec } from "./spawn-options.ts";
import { initHostWithRpc, lastReturned, prepareHost, type StartingManager } from "./start-hooks.ts";
import { type StartWatch, watchStart } from "./start-watch.ts";
import { onceByKey } from "./stored-keys.ts";
import { blamedOnDriver, notSetUp, unpreparedBecause } from "./unprepared.ts";

/** Told as the incarnation goes along. Must not throw. */
export interface IncarnationObserver {
  /** Before anything else. */
  created(incarnation: Incarnation): void;
  changed(incarnation: Incarnation, status: LifecycleStatus): void;
}

/**
 * One life of a manager, from boot to its end: what the lifecycle machine makes happen, and where calls arrive. After its
 * end every handle it gave out is dead, whatever code of the manager still runs.
 */
export class Incarnation implements LifecycleHost, LocalTarget {
  readonly contract: Contract;
  readonly address: string;
  readonly cluster: string | undefined;
  readonly key: string;
  readonly service: Service;
  readonly #spec: ManagerSpec;
  readonly #environment: Environment;
  readonly #self: LifecycleSelf;
  readonly #observer: IncarnationObserver;
  readonly #log: Logger;
  readonly #frames: IncarnationFrames;
  /** What to undo when it ends, last opened first. */
  readonly #endings: Endings;
  #outside: Announced | undefined;
  #refusedConfig: ReeveError | undefined;
  readonly #effects = new EffectsInFlight();
  /** Only what journals work pays for it. */
  readonly #current: CurrentCall | undefined;
  /** Aborts when it begins to drain, or ends: nothing is begun any more. */
  readonly #leaving = new AbortController();
  /** Aborts hooks and periodic tasks when the incarnation ends. */
  readonly #ending = new AbortController();
  #status: LifecycleStatus = unborn;
  #resources: IncarnationResources | undefined;
  #behaviour: ManagerBehaviour<any> | undefined;
  /** Preparing was begun: from then on it is tried again. */
  #preparing = false;
  #periodic: Periodic | undefined;
  #probe: HealthProbe | undefined;
  /** Where a driver waits for the address, or another process may come to hold it. */
  readonly #address: AddressHold | undefined;

  constructor(spec: ManagerSpec, environment: Environment, self: LifecycleSelf, observer: IncarnationObserver) {
    const { contract, limits } = spec.definition;
    const { clock, wheel, ids, refs, freeze, cluster } = environment;
    this.contract = contract;
    this.address = spec.address;
    this.cluster = cluster;
    this.key = `${contract.name}/${spec.address}`;
    this.#spec = spec;
    this.#environment = environment;
    this.#self = self;
    this.#observer = observer;
    const log = environment.log.child({ manager: contract.name, address: spec.address });
    this.#log = hidingLogger(log, secretsOf(contract));
    this.#endings = new Endings(this.#log, clock);
    // The last of them: before it, what a hook that goes on might use is dead or closed.
    this.#endings.add("hooks", () => this.#effects.settled());
    this.#current = spec.definition.store && new CurrentCall(clock);
    this.service = new Service({
      contract,
      address: spec.address,
      limits,
      clock,
      wheel,
      ids,
      refs,
      freeze,
      log: this.#log,
      current: this.#current,
      keys: {
        once: (call, run) => onceByKey(this.#resources!.keys!, call, run),
        abandon: (id, error) => this.#resources!.keys!.abandon(id, error),
      },
      state: () => this.#status.state,
      onHung: (hung, call) => this.#tell(hungCause(hung, call.resource)),
      onUnhung: () => this.#clear("HUNG"),
    });
    this.#frames = new IncarnationFrames({
      environment,
      key: this.key,
      service: this.service,
      epoch: () => this.#resources?.registration.epoch ?? 0,
      own: () => this.#behaviour?.inspect?.(),
    });
    this.#address = this.#holdAddress();
    observer.created(this);
    this.#frames.open();
  }

  /** What one thing that is being closed may take: after a crash the next incarnation waits for it. */
  get #endingMs(): number {
    return this.#status.failure === undefined ? this.#spec.definition.limits.drainTimeoutMs : 1_000;
  }

  get #over(): boolean {
    return this.#status.state === "stopped" || this.#status.state === "failed";
  }

  /** Another process holds its address. */
  get #claimed(): boolean {
    return hasCause(this.#status.causes, "ADDRESS_CLAIMED");
  }

  get status(): LifecycleStatus {
    return this.#status;
  }

  get epoch(): number {
    return this.#resources?.registration.epoch ?? 0;
  }

  get incarnation(): string | undefined {
    return this.#resources?.registration.incarnation;
  }

  get store(): string | undefined {
    return this.#resources?.registration.store;
  }

  get canServe(): boolean {
    const serves = servesOf(this.#status);
    return serves === "everybody" || serves === "neighbours";
  }

  /** What the manager's own `inspect` shows. */
  inspect(): unknown {
    return this.#frames.own();
  }

  /** Tables that the manager shows. */
  get panels(): readonly InspectionPanel[] {
    return this.#behaviour?.panels ?? [];
  }

  /** Why the last reset left the configuration as it was; undefined when it did not. */
  get refusedConfig(): ReeveError | undefined {
    return this.#refusedConfig;
  }

  get stored(): boolean {
    return this.#spec.definition.store !== undefined;
  }

  /** What is wrong with its host as it begins. */
  get standing(): readonly Cause[] {
    return this.#environment.hostCauses.of(this);
  }

  /** Its calls that run now. */
  running(): Iterable<ReceivedCall> {
    return this.service.mailbox.running();
  }

  /** Work of it that waits for a driver call to come to rest. */
  held(): readonly HeldWork[] {
    return this.#resources?.journal?.held() ?? [];
  }

  /**
   * Frees slot and lane of operations that do not return, and lets the work on their resources be recovered, whatever still
   * runs in the driver. Who waits for one gets `ABANDONED` first.
   */
  abandon(wanted: CompiledAbandonment): AbandonReport {
    const parts = { service: this.service, journal: this.#resources?.journal };
    return abandonIn({ key: this.key, address: this.address, ...parts }, wanted);
  }

  deliver(call: ReceivedCall): void {
    this.#self.send(call);
  }

  receive(event: { readonly type: "call" }): void {
    const call = event as ReceivedCall;
    this.service.receive(call);
    if (this.#environment.inspection.watched) this.#frames.called(call);
  }

  changed(status: LifecycleStatus, event: string): void {
    const before = this.#status;
    this.#status = status;
    const { state, phase, causes } = status;
    if (state !== before.state || phase !== before.phase || causes !== before.causes) {
      const unwell = causes.length > 0 || state === "failed";
      const told = causes === before.causes ? causes.map(({ reason }) => ({ reason })) : causes;
      this.#log[unwell ? "warn" : "info"]({ state, phase, causes: told, event }, describeChange(status, before));
    }
    this.#resources?.driver?.shut(unpreparedBecause(this.key, status));
    this.service.mailbox.setMode(modeOf(status));
    this.#resources?.capabilities?.setStatus(reportedStatus(status));
    this.#outside?.changed(status);
    this.#frames.changed(status, event);
    if (state === "draining" || this.#over) this.#leaving.abort(reeveError("NOT_SERVING", `${this.key} stops`));
    if (this.#over) this.#end(status);
    this.#observer.changed(this, status);
  }

  /** Spreads the retries of its start. */
  random(): number {
    return this.#environment.random();
  }

  boot(signal: AbortSignal): Promise<void> {
    const ignore = heed(this.#environment.hostCauses, this, {
      raise: (cause) => this.#tell(cause),
      clear: (reason) => this.#clear(reason),
    });
    this.#endings.add("host causes", ignore);
    return this.#watched(signal, (watch) => this.#boot(watch));
  }

  /** Tells other processes of this incarnation; its calls from there end with it. */
  #announce(): void {
    this.#outside = this.#environment.outside?.announce(this, {
      load: () => this.service.mailbox,
      onFenced: (error) => this.#fenced(error),
      onRefused: ({ reason, message }) => {
        this.#raise(reason, message);
        if (reason === "ADDRESS_CLAIMED") void this.#address!.lost(message);
      },
      onAllowed: (reason) => {
        if (reason === "ADDRESS_CLAIMED") void this.#address!.regained(() => this.#clear(reason));
        else this.#clear(reason);
      },
    });
    if (this.#outside) this.#endings.add("outside", () => this.#outside!.end());
  }

  prepare(signal: AbortSignal): Promise<void> {
    const before = this.#preparing ? this.#effects.returned() : undefined;
    this.#preparing = true;
    return this.#watched(signal, (watch) => this.#prepare(watch, before)).catch((error: unknown) => {
      throw blamedOnDriver(error, this.#resources?.driver);
    });
  }

  warmUp(signal: AbortSignal): Promise<void> {
    const before = this.#effects.returned();
    return this.#watched(signal, (watch) => this.#warmUp(watch, before));
  }

  reset(signal: AbortSignal): Promise<void> {
    return this.#effects.alone("reset", () => this.#reset(signal));
  }

  #watched(signal: AbortSignal, effect: (watch: StartWatch) => Promise<void>): Promise<void> {
    const port = {
      key: this.key,
      clock: this.#environment.clock,
      onSlow: (step: string, ms: number) => this.#raise("START_STALLED", `still at ${step} after ${ms / 1_000} s`),
      onMoved: () => this.#clear("START_STALLED"),
    };
    return watchStart(port, signal, (watch) => this.#effects.during(effect(watch)));
  }

  async #boot(watch: StartWatch): Promise<void> {
    const { signal } = watch;
    const { definition } = this.#spec;
    // Bounded by the store itself: a migration is not ended half way.
    watch.step("the opening of its store");
    const resources = await openResources({
      spec: this.#spec,
      environment: this.#environment,
      log: this.#log,
      endings: this.#endings,
      signal,
      leaving: this.#leaving.signal,
      // As a hook of its state: it must not wait for who starts later, or never comes back while this one drains.
      context: (hook, given, principal) => this.#context(hook, given, modeOf(this.#status) === "open", principal),
      current: this.#current,
      onDriverReady: () => {
        this.#clear("DRIVER_LOST");
        this.#resources?.journal?.retryNow();
        this.#probe?.askNow();
      },
      onDriverLost: (error) => this.#raise("DRIVER_LOST", error.message),
      onFenced: (error) => this.#fenced(error),
      paused: () => this.#claimed,
      onStoreFailing: this.#waitingForStore(watch),
      onRefused: (error) => {
        this.#refusedConfig ??= error;
        this.#raise("CONFIG_REFUSED", this.#refusedConfig.message);
      },
    });
    this.#resources = resources;
    // One with tables is told by its host, for as long as it lasts.
    if (!definition.store || !this.#environment.database.health.fault) this.#clear("STORE_FAILED");
    if (this.#ending.signal.aborted) resources.revoke(this.#ending.signal.reason as ReeveError);
    signal.throwIfAborted();
    this.#announce();
    // It may have been told that it is outdone.
    signal.throwIfAborted();
    const driverUp = this.#openDriver(signal);
    try {
      await this.#setUp(resources, watch);
    } catch (error) {
      // The driver may only be on its way: set up is the first step of preparing then, as often as that is tried.
      if (!isDriverFailure(error)) throw error;
      this.#log.warn({ err: error }, "setup failed for want of the driver; it is tried again");
      this.service.provide(notSetUp(this.contract, this.key, error));
    }
    await driverUp;
    await this.#address?.booted(signal);
  }

  /** Made apart from what is kept for life, which would keep the watch with it. */
  #waitingForStore(watch: StartWatch): (cause: Cause) => void {
    return (cause) => {
      watch.pass();
      this.#tell(cause);
    };
  }

  async #setUp(resources: IncarnationResources, watch: StartWatch): Promise<void> {
    const { behaviour, periodic } = await setUpManager({
      ...{ resources, watch, environment: this.#environment, endings: this.#endings, log: this.#log },
      definition: this.#spec.definition,
      paused: () => this.#claimed,
      context: (task, signal) => this.#context(`periodic ${task}`, signal, true),
    });
    this.#behaviour = behaviour;
    this.#periodic = periodic;
    this.#endings.add("periodic", () => periodic.stop(this.#endingMs));
    resources.journal?.use(behaviour.recover ?? {});
    this.service.provide(behaviour as unknown as Parameters<Service["provide"]>[0]);
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

  /** Whoever holds the address may hold what lies below it. */
  async #openDriver(signal: AbortSignal): Promise<void> {
    await this.#outside?.decided;
    await this.#address?.open(signal);
  }

  #holdAddress(): AddressHold | undefined {
    const { clock, outside } = this.#environment;
    const { driver, definition } = this.#spec;
    if (!driver && !outside) return undefined;
    return new AddressHold({
      key: this.key,
      clock,
      restMs: definition.limits.drainTimeoutMs,
      leaving: this.#leaving.signal,
      driver: () => (driver ? this.#resources : undefined),
      isClaimed: () => this.#claimed,
      rested: () =>
        Promise.all([
          this.service.mailbox.idle(),
          this.#effects.settled(),
          this.#resources?.journal?.settled(),
          this.#periodic?.idle(),
        ]),
      onOwn: () => {
        this.#resources?.journal?.retryNow();
        this.#probe?.askNow();
        this.#periodic?.resume();
      },
    });
  }

  /** What the hooks of the start work on; booted. */
  get #starting(): StartingManager {
    const shared = { key: this.key, clock: this.#environment.clock, log: this.#log, context: this.#context.bind(this) };
    const { startTimeoutMs } = this.#spec.definition.limits;
    return { ...shared, behaviour: this.#behaviour!, resources: this.#resources!, startTimeoutMs };
  }

  async #warmUp(watch: StartWatch, before: Promise<void>): Promise<void> {
    await initHostWithRpc(this.#starting, watch, before);
    this.#periodic!.start();
    watch.step("isWorking");
    this.#probe = this.#startProbe();
    // Nobody may take it for ready before it was asked.
    await this.#probe?.asked(watch.signal);
  }

  async #reset(signal: AbortSignal): Promise<void> {
    this.#refusedConfig =
      (await rereadConfig(this.#resources!.config, signal)) ??
      (await replaceDriver((either) => this.#resources!.replaceDriver(either), this.#environment.clock, signal));
    if (this.#refusedConfig === undefined) this.#clear("CONFIG_REFUSED");
    else this.#raise("CONFIG_REFUSED", this.#refusedConfig.message);
    // A reset that failed is still owed, with the configuration in force.
    if (this.#refusedConfig !== undefined && !hasCause(this.#status.causes, "RESET_FAILED")) return;
    await this.#behaviour?.reset?.(this.#context("reset", signal, true));
    signal.throwIfAborted();
    this.#probe?.askNow();
    this.#resources!.capabilities?.refresh();
  }

  async drain(signal: AbortSignal): Promise<void> {
    const { drainTimeoutMs } = this.#spec.definition.limits;
    const parts = { outside: this.#outside, journal: this.#resources?.journal, periodic: this.#periodic };
    await drainWithin(drainTimeoutMs, signal, {
      ...{ ...parts, key: this.key, service: this.service, effects: this.#effects },
      ...{ clock: this.#environment.clock, log: this.#log },
    });
    if (signal.aborted) return;
    this.#ending.abort(reeveError("NOT_SERVING", `${this.key} stops`));
    await this.ended();
  }

  /**
   * Resolves when everything it had opened is closed. Call it after its end.
   *
   * @param eachMs what one thing that is being closed may still take
   */
  ended(eachMs = this.#endingMs): Promise<void> {
    return this.#endings.run(eachMs);
  }

  /** Lets go of everything at once: the orderly way was taken by `drain`, or there is no time for it. */
  #end({ failure }: LifecycleStatus): void {
    const gone = reeveError("PEER_LOST", `${this.key} ended while the call was there`, {
      address: this.address,
      cause: failure,
    });
    this.#ending.abort(gone);
    this.service.abandonAll(gone);
    this.#resources?.revoke(gone);
    void this.ended();
  }

  #startProbe(): HealthProbe | undefined {
    const probe = probeOf(
      this.#starting,
      this.#spec.definition.limits,
      (problem) => (problem === undefined ? this.#clear("NOT_WORKING") : this.#raise("NOT_WORKING", problem)),
      // Without its driver it cannot work, and is not to.
      () => this.#claimed,
    );
    if (probe) this.#endings.add("probe", () => probe.stop());
    return probe;
  }

  #context(hook: string, signal: AbortSignal, waits: boolean, principal?: Principal): HookContext {
    const { refs, ids } = this.#environment;
    const either = AbortSignal.any([signal, this.#ending.signal]);
    return new HookContext({ key: this.key, hook, signal: either, waits, principal, refs, ids, log: this.#log });
  }

  #fenced(error: ReeveError): void {
    if (!this.#over) this.#self.send({ type: "kill", error });
  }

  #raise(reason: CauseReason, message: string): void {
    this.#tell({ reason, message });
  }

  #tell(cause: Cause): void {
    if (!this.#over) this.#self.send({ type: "cause.raised", cause });
  }

  #clear(reason: CauseReason): void {
    if (!this.#over) this.#self.send({ type: "cause.cleared", reason });
  }
}
