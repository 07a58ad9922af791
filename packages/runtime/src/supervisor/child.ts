import { type Contract, reeveError } from "@reeve/contract";
import { backoff } from "../base/backoff.ts";
import type { Timer } from "../base/clock.ts";
import { type LifecycleSelf, lifecycleLogic, startLifecycle } from "../lifecycle/lifecycle-logic.ts";
import { describeStatus, type LifecycleStatus, unborn } from "../lifecycle/status.ts";
import { Incarnation } from "../manager/incarnation.ts";
import type { ManagerSpec } from "../manager/spawn-options.ts";
import type { Call, LocalTarget } from "../rpc/call.ts";
import type { HostRuntime } from "./host-runtime.ts";
import { RestartIntensity } from "./restart-intensity.ts";
import { StatusWatch } from "./status-watch.ts";
import type { CompiledSupervisorOptions } from "./supervisor-options.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** What the managers of a host share. */
export type ChildRuntime = Pick<HostRuntime, "directory" | "conditions" | "environment">;

interface ChildOptions {
  readonly spec: ManagerSpec;
  /** Open by the time the child is. */
  readonly runtime: ChildRuntime;
  readonly policy: Pick<
    CompiledSupervisorOptions,
    "clock" | "random" | "cluster" | "maxRestarts" | "withinMs" | "initialBackoffMs" | "maxBackoffMs"
  >;
  /** It failed once more than the restart intensity allows. */
  onGaveUp(error: unknown): void;
}

/** One logic for every manager; the incarnation comes with the input. */
const logic = lifecycleLogic((create: (self: LifecycleSelf) => Incarnation, self) => create(self));

const isOpen = ({ state }: LifecycleStatus) => state === "serving" || state === "degraded";
const isReady = ({ state, phase }: LifecycleStatus) => phase === "ready" || state === "degraded";
const isBusy = ({ state }: LifecycleStatus) => state === "resetting" || state === "draining";
const isOver = ({ state }: LifecycleStatus) => state === "stopped" || state === "failed";

/** A manager under supervision: one incarnation after the other, at one address. */
export class Child implements LocalTarget {
  readonly spec: ManagerSpec;
  readonly contract: Contract;
  /** Whether it has tables in the host's database. */
  readonly stored: boolean;
  readonly address: string;
  readonly cluster: string | undefined;
  readonly key: string;
  readonly #options: ChildOptions;
  readonly #waitingRoom: WaitingRoom;
  readonly #watch = new StatusWatch();
  readonly #intensity: RestartIntensity;
  readonly #pause: (attempt: number) => number;
  #incarnation: Incarnation | undefined;
  #self: LifecycleSelf | undefined;
  /** It has been open: from then on the restart policy brings it back. */
  #opened = false;
  /** It is meant to end: nothing restarts it. */
  #leaving = false;
  /** It is meant to end, and its successor comes without the restart policy. */
  #replacing = false;
  #restarting: Promise<void> | undefined;
  #restartTimer: Timer;

  constructor(options: ChildOptions) {
    const { spec, policy } = options;
    const { clock, random } = policy;
    const { contract, limits } = spec.definition;
    this.spec = spec;
    this.contract = contract;
    this.stored = spec.definition.store !== undefined;
    this.address = spec.address;
    this.cluster = policy.cluster;
    this.key = `${contract.name}/${spec.address}`;
    this.#options = options;
    this.#waitingRoom = new WaitingRoom(this.key, limits.maxQueued);
    this.#intensity = new RestartIntensity(clock, policy.maxRestarts, policy.withinMs);
    this.#pause = backoff({ initialMs: policy.initialBackoffMs, maxMs: policy.maxBackoffMs }, random);
  }

  get incarnation(): Incarnation | undefined {
    return this.#incarnation;
  }

  get status(): LifecycleStatus {
    return this.#watch.status;
  }

  get over(): boolean {
    return isOver(this.status);
  }

  /** Whether it was told to start. */
  get begun(): boolean {
    return this.#incarnation !== undefined;
  }

  /** Whether it ended for good, or is about to. */
  get leaving(): boolean {
    return this.#leaving;
  }

  get canServe(): boolean {
    return this.#incarnation?.canServe === true;
  }

  deliver(call: Call): void {
    if (this.#incarnation !== undefined && (!this.over || this.#leaving)) this.#incarnation.deliver(call);
    else this.#waitingRoom.admit(call);
  }

  /** From here on it can be called, and what comes before it runs waits for it. */
  announce(): void {
    this.#options.runtime.directory.add(this);
  }

  /** Whether a manager of this kind would be at the same place: of any version, as they would share record and epoch. */
  occupies({ definition, address }: ManagerSpec): boolean {
    return address === this.spec.address && definition.contract.name === this.spec.definition.contract.name;
  }

  /** Resolves at the first change of status, or now, at which the condition holds. */
  async until(accepts: (status: LifecycleStatus) => boolean): Promise<void> {
    let accepted = false;
    const status = await this.#watch.until((now) => {
      accepted = accepts(now);
      return accepted || (this.#leaving && isOver(now));
    });
    if (!accepted) throw reeveError("NOT_SERVING", `${this.key} is ${describeStatus(status)}`);
  }

  /**
   * Resolves when its endpoints are open: the next one may start, and may be called by this one.
   *
   * @throws ReeveError `BOOT_FAILED`; `NOT_SERVING` when it is meant to end
   */
  async open(): Promise<void> {
    this.#requireWanted();
    this.#spawn();
    this.#requireAlive(await this.#watch.until((now) => isOpen(now) || isOver(now)));
  }

  /** Resolves when it is ready, or open though degraded. @throws ReeveError `BOOT_FAILED` */
  async ready(): Promise<void> {
    this.#requireAlive(await this.#watch.until((now) => isReady(now) || isOver(now)));
  }

  /** Drains and ends it; nothing restarts it. Idempotent. */
  async stop(): Promise<void> {
    this.#leaving = true;
    this.#options.policy.clock.clearTimeout(this.#restartTimer);
    await this.#drain();
    this.#leave();
  }

  /** Ends it as a crash would; another incarnation follows under the restart policy. */
  kill(error: unknown): void {
    if (!this.over) this.#self?.send({ type: "kill", error });
  }

  /** Ends it at once and for good. Resolves when what it had opened was told to close, without waiting for that. */
  async end(error: unknown): Promise<void> {
    this.#leaving = true;
    this.#options.policy.clock.clearTimeout(this.#restartTimer);
    this.kill(error);
    await this.#incarnation?.ended(0);
    this.#leave();
  }

  /** Before its start, for whoever looks: takes over what its host says is wrong now. Its lives are told by themselves. */
  heed(): void {
    if (this.begun || (this.#leaving && this.over)) return;
    this.#watch.set({ ...unborn, causes: this.#options.runtime.conditions.causesOf(this) });
  }

  /** Drains it and starts the next incarnation, which does not count as a failure. Who asks meanwhile joins. */
  restart(): Promise<void> {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined;
    });
    return this.#restarting;
  }

  /** Resolves when a reset that began no earlier than this call is done. @throws ReeveError with the cause when it failed */
  async reset(): Promise<void> {
    // Between two lives there is nothing to reset: the next one reads its configuration when it boots.
    if (this.over && !this.#leaving) return;
    if (!this.over) this.#self?.send({ type: "reset" });
    const status = await this.#watch.until((now) => isOver(now) || (!isBusy(now) && !now.resetWanted));
    const refused = this.#incarnation?.refusedConfig;
    if (refused !== undefined) throw refused;
    const failed = status.causes.find(({ reason }) => reason === "RESET_FAILED");
    if (failed)
      throw reeveError("INVALID_OPTION", `${this.key}: the reset failed: ${failed.message}`, {
        code: "FAILED_PRECONDITION",
        address: this.spec.address,
      });
    if (isOver(status)) throw reeveError("NOT_SERVING", `${this.key} is ${describeStatus(status)}`);
  }

  async #drain(): Promise<void> {
    if (!this.#self) return;
    if (!this.over) this.#self.send({ type: "drain" });
    await this.#watch.until(isOver);
    await this.#incarnation?.ended();
  }

  async #restart(): Promise<void> {
    this.#requireWanted();
    if (!this.begun) throw reeveError("NOT_SERVING", `${this.key} has not started yet`);
    this.#options.policy.clock.clearTimeout(this.#restartTimer);
    this.#replacing = true;
    try {
      await this.#drain();
    } finally {
      this.#replacing = false;
    }
    await this.open();
    await this.ready();
  }

  #requireWanted(): void {
    if (this.#leaving) throw reeveError("NOT_SERVING", `${this.key} is stopping`);
  }

  #requireAlive(status: LifecycleStatus): void {
    if (!isOver(status)) return;
    throw reeveError("BOOT_FAILED", `${this.key} did not start: ${describeStatus(status)}`, {
      address: this.spec.address,
      cause: status.failure,
    });
  }

  #spawn(): void {
    const { runtime, spec } = this.#options;
    const { environment } = runtime;
    const create = (self: LifecycleSelf) => {
      this.#self = self;
      return new Incarnation(spec, environment, self, {
        changed: (incarnation, status) => this.#changed(incarnation, status),
        created: (incarnation) => {
          this.#incarnation = incarnation;
        },
      });
    };
    startLifecycle(logic, create, environment.clock, (error) => this.kill(error));
    this.#waitingRoom.release((call) => this.deliver(call));
  }

  #changed(incarnation: Incarnation, status: LifecycleStatus): void {
    if (incarnation !== this.#incarnation) return;
    this.#opened ||= isOpen(status);
    this.#watch.set(status);
    if (isOver(status) && this.#opened && !this.#leaving && !this.#replacing) this.#recover(incarnation, status);
  }

  #recover(ended: Incarnation, { failure }: LifecycleStatus): void {
    const { policy, runtime, onGaveUp } = this.#options;
    const { log } = runtime.environment;
    // Somebody else took the address over: a restart would only fight with them.
    const fenced = failure instanceof Error && "reason" in failure && failure.reason === "FENCED";
    // The next life waits for the database before anything else: nothing that it can do better, and nothing that loops.
    const excused = runtime.environment.database.health.fault !== undefined;
    if (fenced || !(excused || this.#intensity.allows())) {
      this.#leaving = true;
      onGaveUp(failure);
      return;
    }
    const pauseMs = this.#pause(Math.max(0, this.#intensity.recent - 1));
    log.warn({ manager: this.key, pauseMs, err: failure }, "restarting");
    this.#restartTimer = policy.clock.setTimeout(() => {
      // Whatever the last one still closes must not be closed under the next one's hands.
      void ended.ended().then(() => {
        if (this.#incarnation === ended && !this.#leaving && !this.#replacing) this.#spawn();
      });
    }, pauseMs);
  }

  #leave(): void {
    this.#waitingRoom.close();
    this.#options.runtime.directory.remove(this);
    // Who waits for it to come back, or for its start, waits in vain.
    if (this.begun) this.#watch.recheck();
    else this.#watch.set({ ...unborn, state: "stopped" });
  }
}
