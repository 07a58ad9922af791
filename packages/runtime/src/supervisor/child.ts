import { type Contract, isReason, type ReeveError, reeveError } from "@reeve/contract";
import type { Timer } from "../base/clock.ts";
import type { Cause } from "../lifecycle/cause.ts";
import { describeStatus, type LifecycleStatus, unborn } from "../lifecycle/status.ts";
import type { HostedManager } from "../manager/host-causes.ts";
import type { ManagerSpec } from "../manager/spawn-options.ts";
import { isFencedByPeer } from "../registry/index.ts";
import type { ReceivedCall } from "../rpc/callee/received-call.ts";
import type { LocalTarget } from "../rpc/caller/routed-call.ts";
import type { Logger } from "../telemetry/index.ts";
import {
  type ChildAction,
  type ChildEvent,
  type ChildState,
  comesByItself,
  isAtRest,
  isComing,
  isLeaving,
  nextChildStep,
} from "./child-state.ts";
import type { Life, LifeObserver, Lives } from "./life.ts";
import { RestartPolicy, type RestartPolicyOptions } from "./restart-policy.ts";
import { StartupQueue } from "./startup-queue.ts";
import { StatusWatch } from "./status-watch.ts";
import type { Vacancies } from "./vacancy.ts";

/** What the children of one supervisor share. */
export interface ChildHost {
  readonly policy: RestartPolicyOptions;
  readonly lives: Lives;
  readonly log: Logger;
  /** Who can be called in this process. */
  readonly directory: {
    add(target: LocalTarget): void;
    remove(target: LocalTarget): void;
    /** Whether it is called here may have changed. */
    changed(target: LocalTarget): void;
  };
  /** What is wrong with a manager because of its host. */
  causesOf(manager: HostedManager): readonly Cause[];
  /** Whether the host's database fails now. */
  storeFails(): boolean;
  /** Tells when an address that another process has taken is free; undefined where no other process is heard of. */
  readonly vacancies: Vacancies | undefined;
  /** One failed more often than its restart intensity allows, or another process has its address: it has ended for good. */
  gaveUp(child: Child, failure: unknown): void;
}

const isOpen = ({ state }: LifecycleStatus) => state === "serving" || state === "degraded";
const isReady = ({ state, phase }: LifecycleStatus) => phase === "ready" || state === "degraded";
const isBusy = ({ state }: LifecycleStatus) => state === "resetting" || state === "draining";
const isOver = ({ state }: LifecycleStatus) => state === "stopped" || state === "failed";

/** A manager under supervision: one life after the other, at one address. Where it is among them, its table says. */
export class Child implements LocalTarget, LifeObserver {
  readonly spec: ManagerSpec;
  readonly contract: Contract;
  /** Whether it has tables in the host's database. */
  readonly stored: boolean;
  readonly address: string;
  readonly cluster: string | undefined;
  readonly key: string;
  readonly #host: ChildHost;
  readonly #queue: StartupQueue;
  readonly #watch = new StatusWatch();
  #policy: RestartPolicy | undefined;
  #state: ChildState = "absent";
  #life: Life | undefined;
  #backoff: Timer;
  #stopWaiting = () => {};
  /** What its present life, or the last one, says of itself. */
  #lifeStatus: LifecycleStatus = unborn;
  /** The epoch at its address that is over as far as is known: the next life follows on that one only. */
  #follows: number | undefined;
  /** How often in a row the address was taken by one that was never heard of. */
  #unheard = 0;

  constructor(spec: ManagerSpec, host: ChildHost) {
    const { contract, limits } = spec.definition;
    this.spec = spec;
    this.contract = contract;
    this.stored = spec.definition.store !== undefined;
    this.address = spec.address;
    this.cluster = spec.cluster;
    this.key = `${contract.name}/${spec.address}`;
    this.#host = host;
    this.#queue = new StartupQueue(this.key, limits.maxQueued);
  }

  /** Where it is in its sequence of lives. */
  get state(): ChildState {
    return this.#state;
  }

  /** Its present life, or the last one. */
  get life(): Life | undefined {
    return this.#life;
  }

  get status(): LifecycleStatus {
    return this.#watch.status;
  }

  /** Whether a life of it has begun and not ended. */
  get alive(): boolean {
    return this.#life !== undefined && !isOver(this.#lifeStatus);
  }

  get canServe(): boolean {
    return this.#life?.canServe === true;
  }

  /** Whoever calls it is to find the process that has its address now: what it keeps is kept in the same store. */
  get yielded(): boolean {
    return this.#state === "superseded";
  }

  /** Calls that wait for its next life. */
  postponed(): readonly ReceivedCall[] {
    return this.#queue.waiting();
  }

  deliver(call: ReceivedCall): void {
    if (this.#state === "superseded") call.refuse(this.#notServing());
    else if (this.#life !== undefined && (this.alive || !comesByItself(this.#state))) this.#life.deliver(call);
    else this.#queue.admit(call);
  }

  /** From here on it can be called, and what comes before it runs waits for it. */
  announce(): void {
    this.#host.directory.add(this);
  }

  /** Whether a manager of this kind would be at the same place: of any version, as they would share record and epoch. */
  occupies({ definition, address }: ManagerSpec): boolean {
    return address === this.spec.address && definition.contract.name === this.spec.definition.contract.name;
  }

  /** Resolves at the first change of status, or now, at which the condition holds. @throws ReeveError `NOT_SERVING` when none is to come */
  async until(accepts: (status: LifecycleStatus) => boolean): Promise<void> {
    let accepted = false;
    const status = await this.#watch.until((now) => {
      accepted = accepts(now);
      return accepted || (isLeaving(this.#state) && isOver(now));
    });
    if (!accepted) throw reeveError("NOT_SERVING", `${this.key} is ${describeStatus(status)}`);
  }

  /**
   * Starts it where it does not run. Resolves when its endpoints are open: the next one may start, and may be called by this one.
   *
   * @throws ReeveError `BOOT_FAILED`; `NOT_SERVING` when it is meant to end
   */
  async open(): Promise<void> {
    this.#request("start");
    await this.#come(isOpen);
  }

  /** Resolves when it is ready, or open though degraded. @throws ReeveError `BOOT_FAILED` */
  async ready(): Promise<void> {
    await this.#come(isReady);
  }

  /**
   * Drains it and begins another life, which does not count as a failure; one that comes already is joined. Resolves when it is
   * ready.
   *
   * @throws ReeveError `BOOT_FAILED`; `NOT_SERVING` before its start, and when it is meant to end
   */
  async restart(): Promise<void> {
    this.#request("restart");
    await this.#come(isReady).catch((error: unknown) => {
      throw isLeaving(this.#state) && this.status.failure === undefined ? this.#stopped() : error;
    });
  }

  /** Drains it; nothing brings it back but a start. Resolves when all is closed. Idempotent. */
  async stop(): Promise<void> {
    this.#handle("stop");
    await this.#watch.until(() => isAtRest(this.#state));
  }

  /** Ends it at once and for good. Resolves when what it had opened was told to close, without waiting for that. */
  async terminate(error: unknown): Promise<void> {
    this.#handle("terminate", error);
    await this.#watch.until(() => this.#state === "gone");
  }

  /** Ends its life as a crash would; another follows under the restart policy. Nothing where none lives. */
  kill(error: unknown): void {
    this.#handle("kill", error);
  }

  /** Where none lives, for whoever looks: takes over what its host says is wrong now. Its lives are told by themselves. */
  heed(): void {
    if (this.#state === "absent") this.#watch.set({ ...unborn, causes: this.#host.causesOf(this) });
    if (this.#state === "superseded") this.#tellOfSuccessor();
  }

  /** Resolves when a reset that began no earlier than this call is done. @throws ReeveError with the cause when it failed */
  async reset(): Promise<void> {
    // Where none lives there is nothing to reset: the next one reads its configuration when it boots.
    if (isOver(this.status)) return;
    this.#life?.command({ type: "reset" });
    const status = await this.#watch.until((now) => isOver(now) || (!isBusy(now) && !now.resetWanted));
    const refused = this.#life?.refusedConfig;
    if (refused !== undefined) throw refused;
    const failed = status.causes.find(({ reason }) => reason === "RESET_FAILED");
    if (failed)
      throw reeveError("INVALID_OPTION", `${this.key}: the reset failed: ${failed.message}`, {
        code: "FAILED_PRECONDITION",
        address: this.spec.address,
      });
    if (isOver(status)) throw reeveError("NOT_SERVING", `${this.key} is ${describeStatus(status)}`);
  }

  begun(life: Life): void {
    this.#life = life;
    this.#lifeStatus = unborn;
  }

  changed(life: Life, status: LifecycleStatus): void {
    if (life !== this.#life) return;
    this.#lifeStatus = status;
    if (isOpen(status)) this.#handle("opened");
    this.#watch.set(status);
    if (!isOver(status)) return;
    if (life.epoch > 0) this.#follows = life.epoch;
    this.#handle(this.#endOf(status.failure));
  }

  #endOf(failure: unknown): ChildEvent {
    if (!isReason(failure, "FENCED")) return "ended";
    // A peer that has only finished the work of this one leaves it to the next; of a first life none follows by itself.
    if (isFencedByPeer(failure) && this.#state !== "starting") return "ended";
    return this.#host.vacancies ? "superseded" : "fenced";
  }

  /** Resolves when a life that is wanted is there. @throws ReeveError `BOOT_FAILED` when none is to come by itself, or the next one after a pause */
  async #come(isThere: (status: LifecycleStatus) => boolean): Promise<void> {
    let there = false;
    const status = await this.#watch.until((now) => {
      there = isComing(this.#state) && isThere(now);
      return there || this.#isUnlikely;
    });
    if (there) return;
    const error = `${this.key} did not start: ${describeStatus(status)}`;
    throw reeveError("BOOT_FAILED", error, { address: this.spec.address, cause: status.failure });
  }

  #notServing(): ReeveError {
    const { state } = this.status;
    const { address } = this;
    return reeveError("NOT_SERVING", `${this.key} is ${describeStatus(this.status)}`, { address, data: { state } });
  }

  #stopped() {
    return reeveError("NOT_SERVING", `${this.key} was stopped`, { address: this.spec.address });
  }

  /** A life has failed, or none follows. */
  get #isUnlikely(): boolean {
    return this.#state === "failed" || this.#state === "backingOff" || isAtRest(this.#state);
  }

  #request(event: "start" | "restart"): void {
    if (this.#handle(event)) return;
    const why = this.#state === "absent" ? "has not started yet" : "is stopping";
    throw reeveError("NOT_SERVING", `${this.key} ${why}`, { address: this.spec.address });
  }

  /** Takes the step of the table. False where there is none. */
  #handle(event: ChildEvent, error?: unknown): boolean {
    const step = nextChildStep(this.#state, event);
    if (!step) return false;
    const before = this.#state;
    const [state, ...actions] = step;
    this.#state = state;
    for (const action of actions) this.#act(action, error);
    // Of a condition that itself asks for something, which changes nothing: it is not asked again for that.
    if (state !== before) this.#watch.recheck();
    if (state !== before && (state === "superseded" || before === "superseded")) this.#host.directory.changed(this);
    return true;
  }

  #act(action: ChildAction, error: unknown): void {
    const { clock } = this.#host.policy;
    switch (action) {
      case "begin":
        this.#host.lives.begin(this.spec, this, this.#predecessor);
        this.#queue.release((call) => this.deliver(call));
        return;
      case "drain":
        if (this.alive) this.#life!.command({ type: "drain" });
        return;
      case "kill":
        if (this.alive) this.#life!.command({ type: "kill", error });
        return;
      case "close":
        return this.#close();
      case "closeNow":
        return this.alive ? undefined : this.#close(0);
      case "backOff":
        return this.#backOff();
      case "cancelBackOff":
        clock.clearTimeout(this.#backoff);
        return;
      case "yield":
        return this.#yield();
      case "cancelYield":
        this.#stopWaiting();
        return this.#watch.set({ ...unborn, state: "stopped" });
      case "giveUp":
        return this.#host.gaveUp(this, this.status.failure);
      case "join":
        this.#queue.open();
        this.#host.directory.add(this);
        return;
      case "leave":
        this.#queue.close();
        this.#host.directory.remove(this);
        if (!this.#life) this.#watch.set({ ...unborn, state: "stopped" });
        return;
    }
  }

  #close(eachMs?: number): void {
    // Asked once of each life, but for those that are to hurry.
    void this.#life!.ended(eachMs).then(() => this.#handle("closed"));
  }

  /** Only a life that somebody has asked for takes the address from another process. */
  get #predecessor(): number | undefined {
    return this.#state === "restarting" && this.#host.vacancies ? this.#follows : undefined;
  }

  /** Waits for whoever has the address now. */
  #yield(): void {
    const { vacancies, log } = this.#host;
    const { failure } = this.#lifeStatus;
    const { successor: epoch } = (failure as ReeveError).data as { readonly successor?: number };
    const lost = { manager: this.contract.name, address: this.address, epoch, unheard: this.#unheard };
    log.warn({ manager: this.key, err: failure }, "superseded by another process; serving again when that is gone");
    this.#tellOfSuccessor();
    this.#stopWaiting = vacancies!.wait(lost, ({ epoch, heard }) => {
      log.info({ manager: this.key, follows: epoch }, "nobody else has the address any more; starting");
      this.#unheard = heard ? 0 : this.#unheard + 1;
      this.#follows = epoch;
      this.#handle("vacant");
    });
  }

  #tellOfSuccessor(): void {
    const { epoch = 0 } = this.#life ?? {};
    const cause: Cause = {
      reason: "ADDRESS_CLAIMED",
      message:
        `another process has ${this.key} on the same store, with an epoch above this one's ${epoch}; ` +
        "if both are meant to run, give one of them another host name or backend: this one serves when the other is gone",
    };
    this.#watch.set({ ...unborn, state: "degraded", causes: [cause, ...this.#host.causesOf(this)] });
  }

  #backOff(): void {
    const { policy, log, storeFails } = this.#host;
    const { failure } = this.status;
    this.#policy ??= new RestartPolicy(policy);
    const pauseMs = this.#policy.afterFailure(storeFails());
    if (pauseMs === undefined) {
      this.#handle("exhausted");
      return;
    }
    log.warn({ manager: this.key, pauseMs, err: failure }, "restarting");
    this.#backoff = policy.clock.setTimeout(() => this.#handle("due"), pauseMs);
  }
}
