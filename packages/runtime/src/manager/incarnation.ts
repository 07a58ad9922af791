import { type Contract, type ReeveError, reeveError } from "@reeve/contract";
import { Disposers } from "../base/disposers.ts";
import type { ReportedStatus } from "../capability/index.ts";
import type { ChildFrames, InspectionPanel } from "../inspection/index.ts";
import { canServe } from "../lifecycle/can-serve.ts";
import { type Cause, type CauseReason, hasCause } from "../lifecycle/cause.ts";
import type { LifecycleHost, LifecycleSelf } from "../lifecycle/lifecycle-logic.ts";
import type { LifecycleEvent } from "../lifecycle/lifecycle-machine.ts";
import { describeChange, type LifecycleStatus, unborn } from "../lifecycle/status.ts";
import type { FailedWork, HeldWork, IdempotencyKeys } from "../recovery/index.ts";
import type { RefusedCall } from "../rpc/callee/behaviour.ts";
import type { RefMaker } from "../rpc/callee/context.ts";
import type { ReceivedCall } from "../rpc/callee/received-call.ts";
import type { CastKeeper } from "../rpc/caller/cast-keeper.ts";
import type { LocalTarget } from "../rpc/caller/routed-call.ts";
import type { Principal } from "../rpc/principal.ts";
import { hidingLogger, type Logger } from "../telemetry/index.ts";
import { type AbandonReport, abandonIn, type CompiledAbandonment } from "./abandonment.ts";
import { Boot, type BootingLife } from "./boot.ts";
import type { CleanupRefusal, CleanupReport } from "./cleanup.ts";
import { drainWithin } from "./drain.ts";
import { EffectsInFlight } from "./effects-in-flight.ts";
import { HookContext } from "./hook-context.ts";
import { type HostCauses, heed } from "./host-causes.ts";
import type { ResourceSources } from "./incarnation-resources.ts";
import { KeptView } from "./kept-view.ts";
import { type DriverView, detailsOf, driverView, type LifeDetails } from "./life-details.ts";
import type { OtherProcesses } from "./other-processes.ts";
import { OwnAddress } from "./own-address.ts";
import { reportedStatus } from "./reported-status.ts";
import { secretsOf } from "./secrets.ts";
import { type ServedLife, Serving, type ServingSources } from "./serving.ts";
import type { ManagerSpec } from "./spawn-options.ts";
import { unpreparedBecause } from "./unprepared.ts";

/** What a life needs of its host: what its parts do, and what concerns it as a whole. */
export interface LifeSources extends ServingSources, ResourceSources {
  readonly log: Logger;
  /** Absent where no other process can be reached. */
  readonly otherProcesses: OtherProcesses | undefined;
  /** What is wrong here, whoever runs. */
  readonly hostCauses: HostCauses;
  /** Whether an operator has said that nothing is to be placed on that manager. */
  isCordoned(manager: string): boolean;
}

/** Told as the incarnation goes along. Must not throw. */
export interface IncarnationObserver {
  /** Before anything else. */
  begun(incarnation: Incarnation): void;
  changed(incarnation: Incarnation, status: LifecycleStatus): void;
}

/**
 * One life of a manager, from boot to its end: what the lifecycle machine makes happen, and where calls arrive. After its
 * end every handle it gave out is dead, whatever code of the manager still runs.
 */
export class Incarnation implements LifecycleHost, LocalTarget, BootingLife, ServedLife {
  readonly contract: Contract;
  readonly address: string;
  readonly cluster: string | undefined;
  readonly key: string;
  readonly ownAddress: OwnAddress | undefined;
  /** Durable casts through them are this life's own. */
  readonly refs: RefMaker;
  readonly #spec: ManagerSpec;
  readonly #sources: LifeSources;
  readonly #self: LifecycleSelf;
  readonly #observer: IncarnationObserver;
  readonly #log: Logger;
  readonly #serving: Serving;
  readonly #boot: Boot;
  /** What to undo when it ends, last opened first. */
  readonly #disposers: Disposers;
  readonly #effects = new EffectsInFlight();
  readonly #leaving = new AbortController();
  readonly #ending = new AbortController();
  #status: LifecycleStatus = unborn;
  #inspectorThrew = false;

  /** @param after see {@link RegisterOptions.after} */
  constructor(
    spec: ManagerSpec,
    sources: LifeSources,
    self: LifecycleSelf,
    observer: IncarnationObserver,
    after?: number,
  ) {
    const { contract } = spec.definition;
    this.contract = contract;
    this.address = spec.address;
    this.cluster = spec.cluster;
    this.key = `${contract.name}/${spec.address}`;
    this.#spec = spec;
    this.#sources = sources;
    this.#self = self;
    this.#observer = observer;
    this.#log = hidingLogger(sources.log.child({ manager: contract.name, address: spec.address }), secretsOf(contract));
    this.#disposers = new Disposers(this.#log, sources.clock);
    // The last of them: before it, what a hook that goes on might use is dead or closed.
    this.#disposers.add("hooks", () => this.#effects.settled());
    const casts: CastKeeper = { keep: (...cast) => this.#boot.resources!.casts.keep(...cast) };
    this.refs = (contract, origin) => sources.refs(contract, origin, casts);
    this.#serving = new Serving({ spec, sources, life: this, log: this.#log });
    const { service, current } = this.#serving;
    const own = { disposers: this.#disposers, effects: this.#effects };
    this.#boot = new Boot({
      spec,
      sources,
      life: this,
      log: this.#log,
      service,
      current,
      otherProcesses: sources.otherProcesses,
      after,
      ...own,
    });
    this.ownAddress = this.#addressOf();
    observer.begun(this);
    this.#serving.show();
  }

  /** Nothing hangs on whose it is where nobody else could hold it, and nothing lies below. */
  #addressOf(): OwnAddress | undefined {
    const { clock, otherProcesses } = this.#sources;
    const { driver, definition } = this.#spec;
    if (!driver && !otherProcesses) return undefined;
    return new OwnAddress({
      ...{ life: this, clock, otherProcesses, boot: this.#boot, disposers: this.#disposers },
      hasDriver: driver !== undefined,
      restMs: definition.limits.drainTimeoutMs,
      load: () => this.load,
      isCurrent: () => {
        const { manager, address, epoch } = this.#boot.registration!;
        return this.#sources.registry.isCurrent({ manager, address }, epoch);
      },
      rested: () =>
        Promise.all([
          this.service.mailbox.idle(),
          this.#effects.settled(),
          this.#boot.resources?.journal?.settled(),
          this.#boot.periodic?.idle(),
        ]),
    });
  }

  get #over(): boolean {
    return this.#status.state === "stopped" || this.#status.state === "failed";
  }

  get service() {
    return this.#serving.service;
  }

  get status(): LifecycleStatus {
    return this.#status;
  }

  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** After a crash the next incarnation waits for it. */
  get closingMs(): number {
    return this.#status.failure === undefined ? this.#spec.definition.limits.drainTimeoutMs : 1_000;
  }

  get claimed(): boolean {
    return hasCause(this.#status.causes, "ADDRESS_CLAIMED");
  }

  get epoch(): number {
    return this.#boot.registration?.epoch ?? 0;
  }

  get incarnation(): string | undefined {
    return this.#boot.registration?.incarnation;
  }

  get store(): string | undefined {
    return this.#boot.registration?.store;
  }

  get keys(): IdempotencyKeys | undefined {
    return this.#boot.resources?.keys;
  }

  get canServe(): boolean {
    return canServe(this.#status, "here");
  }

  ownView(): unknown {
    return this.#boot.inspect();
  }

  /** Shows the actors that live in it to whoever watches. They end with it. */
  get children(): ChildFrames {
    return this.#serving.children;
  }

  /** What the manager's own `inspect` shows. */
  inspect(): unknown {
    return this.#serving.view();
  }

  /** For whoever asks once: waits for an `inspect` that answers later, up to 2 s. */
  async details(): Promise<LifeDetails> {
    const own = await this.#serving.askView();
    const { periodic, resources } = this.#boot;
    return detailsOf({ own, periodic, driver: resources?.driver, journal: resources?.journal });
  }

  /** Its driver as it is now; undefined where it has none. */
  get driver(): DriverView | undefined {
    const { driver } = this.#boot.resources ?? {};
    return driver && driverView(driver);
  }

  /** Its calls that run or wait. */
  calls(): Iterable<ReceivedCall> {
    return this.service.mailbox.entries();
  }

  /** Tells the schedulers anew whether anything may be placed on it. */
  heedCordon(): void {
    this.#boot.resources?.capabilities?.setStatus(this.#reported(this.#status));
  }

  get kept(): KeptView | undefined {
    const { kept } = this.#boot.resources ?? {};
    return kept && new KeptView(kept, this.#serving.secrets);
  }

  /** Told of a call that was refused for want of a right. */
  refused(refusal: RefusedCall): void {
    try {
      this.#boot.refused(refusal);
    } catch (err) {
      this.#log.error({ err, operation: refusal.operation }, "the manager's `refused` threw");
    }
  }

  #reported(status: LifecycleStatus): ReportedStatus {
    return reportedStatus(status, this.#sources.isCordoned(this.key));
  }

  /** Tables that the manager shows. */
  get panels(): readonly InspectionPanel[] {
    return this.#boot.panels;
  }

  /** Why the last reset left the configuration as it was; undefined when it did not. */
  get refusedConfig(): ReeveError | undefined {
    return this.#boot.refusedConfig;
  }

  get stored(): boolean {
    return this.#spec.definition.store !== undefined;
  }

  /** What is wrong with its host as it begins. */
  get standing(): readonly Cause[] {
    return this.#sources.hostCauses.of(this);
  }

  /** Calls that run and wait. */
  get load() {
    return this.service.mailbox;
  }

  /** Calls taken in and failed since it began. */
  get counters() {
    return this.service.counters;
  }

  /** Hands the lifecycle what its supervisor wants. */
  command(command: LifecycleEvent): void {
    this.#self.send(command);
  }

  /** Its calls that run now. */
  running(): Iterable<ReceivedCall> {
    return this.service.mailbox.running();
  }

  /** Work of it that waits for a driver call to come to rest. */
  held(): readonly HeldWork[] {
    return this.#boot.resources?.journal?.held() ?? [];
  }

  /** Work of it that has failed and waits, by id. */
  failedWork(): ReadonlyMap<string, FailedWork> {
    return this.#boot.resources?.journal?.failed() ?? new Map();
  }

  /**
   * Frees slot and lane of operations that do not return, and lets the work on their resources be recovered, whatever still
   * runs in the driver. Who waits for one gets `ABANDONED` first.
   */
  abandon(wanted: CompiledAbandonment): AbandonReport {
    const parts = { service: this.service, journal: this.#boot.resources?.journal };
    return abandonIn({ key: this.key, address: this.address, ...parts }, wanted);
  }

  /** Finishes what can be finished of a dead address of the same manager. */
  async cleanUp(address: string): Promise<CleanupReport | CleanupRefusal> {
    if (!this.canServe || this.claimed) return { refused: "unable", why: `${this.key} does not serve` };
    return this.#boot.cleanUp(address);
  }

  deliver(call: ReceivedCall): void {
    this.#self.send(call);
  }

  receive(event: { readonly type: "call" }): void {
    this.#serving.receive(event as ReceivedCall);
  }

  /** A call as inspectors of XState see it. */
  shown(call: { readonly type: "call" }): { readonly type: string; readonly [name: string]: unknown } {
    return this.#serving.shown(call as ReceivedCall);
  }

  hide(text: string): string {
    return this.#serving.secrets.hide(text);
  }

  hideError(error: unknown): unknown {
    return this.#serving.secrets.hideError(error);
  }

  /** Warned of once a life. */
  inspectorThrew(err: unknown): void {
    if (!this.#inspectorThrew) this.#log.warn({ err }, "an inspector of XState threw; further faults are not logged");
    this.#inspectorThrew = true;
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
    const { resources } = this.#boot;
    resources?.driver?.shut(unpreparedBecause(this.key, status));
    resources?.capabilities?.setStatus(this.#reported(status));
    this.#serving.changed(status, event);
    this.ownAddress?.changed(status);
    if (state === "draining" || this.#over) this.#leaving.abort(reeveError("NOT_SERVING", `${this.key} stops`));
    if (this.#over) this.#end(status);
    this.#observer.changed(this, status);
  }

  /** Spreads the retries of its start. */
  random(): number {
    return this.#sources.random();
  }

  boot(signal: AbortSignal): Promise<void> {
    this.#disposers.add("host causes", heed(this.#sources.hostCauses, this));
    return this.#boot.boot(signal);
  }

  prepare(signal: AbortSignal): Promise<void> {
    return this.#boot.prepare(signal);
  }

  warmUp(signal: AbortSignal): Promise<void> {
    return this.#boot.warmUp(signal);
  }

  reset(signal: AbortSignal): Promise<void> {
    return this.#effects.alone("reset", () => this.#boot.reset(signal));
  }

  async drain(signal: AbortSignal): Promise<void> {
    const { drainTimeoutMs } = this.#spec.definition.limits;
    await drainWithin(drainTimeoutMs, signal, {
      ...{ key: this.key, service: this.service, effects: this.#effects },
      ...{ address: this.ownAddress, journal: this.#boot.resources?.journal, periodic: this.#boot.periodic },
      ...{ outbox: this.#boot.resources?.outbox, kept: this.#boot.resources?.kept },
      ...{ clock: this.#sources.clock, log: this.#log },
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
  ended(eachMs = this.closingMs): Promise<void> {
    return this.#disposers.run(eachMs);
  }

  /** Lets go of everything at once: the orderly way was taken by `drain`, or there is no time for it. */
  #end({ failure }: LifecycleStatus): void {
    const gone = reeveError("PEER_LOST", `${this.key} ended while the call was there`, {
      address: this.address,
      cause: failure,
    });
    this.#ending.abort(gone);
    this.service.abandonAll(gone);
    this.#boot.resources?.revoke(gone);
    this.ownAddress?.end();
    void this.ended();
  }

  context(hook: string, signal: AbortSignal, waits: boolean, principal?: Principal): HookContext {
    const { refs } = this;
    const { ids } = this.#sources;
    const either = AbortSignal.any([signal, this.#ending.signal]);
    return new HookContext({ key: this.key, hook, signal: either, waits, principal, refs, ids, log: this.#log });
  }

  fenced(error: ReeveError): void {
    if (!this.#over) this.#self.send({ type: "kill", error });
  }

  crashed(error: ReeveError): void {
    this.fenced(error);
  }

  raise(cause: Cause): void {
    if (!this.#over) this.#self.send({ type: "cause.raised", cause });
  }

  clear(reason: CauseReason): void {
    if (!this.#over) this.#self.send({ type: "cause.cleared", reason });
  }
}
