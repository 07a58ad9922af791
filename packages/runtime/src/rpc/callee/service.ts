import { type Contract, describeIssues, issuesOf, type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../base/clock.ts";
import type { DeadlineWheel, TickListener } from "../../base/deadline-wheel.ts";
import type { Ids } from "../../base/ids.ts";
import { Mailbox, type MailboxLimits } from "../../mailbox/mailbox.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Call, CallHost } from "../call.ts";
import { ownCopy } from "../copy-shared.ts";
import type { IdempotencyKey } from "../idempotency-key.ts";
import type { Behaviour, RefusedCall, StoredKeys } from "./behaviour.ts";
import { CallWork } from "./call-work.ts";
import type { RefMaker } from "./context.ts";
import type { CurrentCall } from "./current-call.ts";
import { type HungOperation, HungWatch } from "./hung-watch.ts";
import { failureOf } from "./redact-failure.ts";
import { RepetitionRights } from "./repetition-rights.ts";
import { ReplayMemory } from "./replay-memory.ts";
import { roleRefusal } from "./rights.ts";
import { Runner, type RunnerPort } from "./runner.ts";
import { isPending, type Served, servedBy, type Validated } from "./served.ts";

export type { Behaviour, Handler, StoredKeys } from "./behaviour.ts";

export interface ServiceOptions {
  readonly contract: Contract;
  readonly address: string;
  readonly limits: MailboxLimits;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly ids: Ids;
  readonly log: Logger;
  readonly refs: RefMaker;
  /** Freeze what handlers return, so that a caller in this process cannot rely on changing it. */
  readonly freeze: boolean;
  readonly keys: StoredKeys | undefined;
  /** Told which call runs, where the behaviour journals work. */
  readonly current?: CurrentCall | undefined;
  /** The lifecycle state, for refusals. */
  state(): string;
  /** An operation outlived twice its deadline. */
  onHung(hung: HungOperation, call: Call): void;
  /** No operation hangs any more. */
  onUnhung(): void;
  /** A call lacks the roles that its operation asks for. Default: nobody is told. */
  onForbidden?(refusal: RefusedCall): void;
}

/** The callee's side of one incarnation: takes calls in, checks and queues them, and answers. Never throws. */
export class Service implements CallHost, RunnerPort, TickListener {
  readonly mailbox: Mailbox<Call>;
  /** `manager/address`. */
  readonly key: string;
  readonly #options: ServiceOptions;
  readonly #operations: ReadonlyMap<string, Served>;
  readonly #runner: Runner;
  /** Made when the first key is given, and when the first call is given up: most managers see neither for long. */
  #replays: ReplayMemory | undefined;
  #repetitions: RepetitionRights | undefined;
  #hung: HungWatch | undefined;
  /** Calls whose handlers still run though an operator has abandoned them. */
  #abandoned: Set<Call> | undefined;
  #calls = 0;
  /** Calls whose input is being checked by an asynchronous schema. */
  #checking = 0;
  #ticking = false;

  constructor(options: ServiceOptions) {
    const { contract, address, limits, clock, state } = options;
    this.key = `${contract.name}/${address}`;
    this.#options = options;
    this.#operations = servedBy(contract);
    this.#runner = new Runner(this.key, options, this);
    this.mailbox = new Mailbox<Call>(limits, {
      clock,
      state,
      run: (call) => this.#run(call),
      refuse: (call, error) => this.unrun(call, error, true),
    });
  }

  /** Calls taken in, and handlers that failed, since the start. */
  get counters(): { readonly calls: number; readonly errors: number } {
    return { calls: this.#calls, errors: this.#runner.errors };
  }

  /** Gives the handlers; calls wait in the paused mailbox until then. */
  provide(behaviour: Behaviour): void {
    this.#runner.provide(behaviour);
  }

  receive(call: Call): void {
    // It may have had to queue up before the door, and been given up there.
    if (call.settled) return;
    this.#calls++;
    this.#take(call);
  }

  abandoned(call: Call): void {
    if (call.accepted) this.#logLost(call, call.abortReason!);
    if (call.running) {
      call.startClock(this.#options.clock.now());
      this.#hung ??= new HungWatch(this.#options);
      return this.#hung.watch(call);
    }
    this.mailbox.withdraw(call);
    for (const repetition of this.#forgotten(call)) this.#take(repetition);
  }

  /** Ends every call that waits or runs here: this incarnation is gone. What waits may go elsewhere. */
  abandonAll(error: ReeveError): void {
    this.mailbox.setMode("closed");
    for (const call of this.mailbox.entries()) call.abort(error);
    for (const call of this.#replays?.close() ?? []) call.fail(error);
    this.#hung?.close();
  }

  /**
   * Frees slot and lane of running calls whose handlers do not return. Who still waits for one is told first; what a handler
   * returns after that is logged and dropped. Returns those that were abandoned.
   */
  abandon(accepts: (call: Call) => boolean, errorOf: (call: Call) => ReeveError): readonly Call[] {
    const found = [...this.mailbox.running()].filter(accepts);
    for (const call of found) {
      const error = errorOf(call);
      this.#abandoned ??= new Set();
      this.#abandoned.add(call);
      call.abort(error);
      if (call.replay) this.#abandonKey(call, call.replay.id, error);
    }
    return found;
  }

  /** Lets others have what the abandoned calls held. */
  release(calls: readonly Call[]): void {
    for (const call of calls) this.#left(call);
  }

  #take(call: Call): void {
    call.manager = this.key;
    call.host = this;
    const { served } = call;
    const offered = served.contract === this.#options.contract ? served : this.#operations.get(served.operation.name);
    if (offered === undefined) return this.unrun(call, this.#unknown(served.operation.name), false);
    call.offered = offered;
    call.lane = undefined;
    if (offered.roles !== undefined) {
      const forbidden = roleRefusal(call, offered, this.key, this.#options.address);
      if (forbidden) return this.#forbid(call, forbidden);
    }
    if (call.idempotencyKey !== undefined) {
      if (this.#runner.authorizes && this.#onlyRepeats(call)) return this.#askAboutRepetition(call, offered);
      if (this.#repeats(call)) return;
    }
    const refusal = this.mailbox.refusalOf(call);
    if (refusal) return this.unrun(call, refusal, true);
    this.#check(call, offered);
  }

  #forbid(call: Call, error: ReeveError): void {
    const { operation, input, origin, principal, requestId } = call;
    const { peer, remote = false } = origin;
    this.#options.onForbidden?.({ operation: operation.name, input, peer, remote, principal, requestId, error });
    this.unrun(call, error, false);
  }

  /** Has the schema look at the input. What it makes of a hostile one, it may throw as well. */
  #check(call: Call, offered: Served): void {
    let parsed: Validated | Promise<Validated>;
    try {
      parsed = offered.input.validate(call.input);
    } catch (thrown) {
      return this.#broken(call, thrown);
    }
    if (isPending(parsed)) this.#checkLater(call, parsed);
    else this.#admit(call, offered, parsed);
  }

  /** While it is checked the call is in no queue, so these are bounded here; the order of arrival counts from the end of the check. */
  #checkLater(call: Call, parsed: Promise<Validated>): void {
    const { maxQueued } = this.#options.limits;
    if (this.#checking > maxQueued) {
      parsed.catch(() => undefined);
      const error = reeveError("MAILBOX_FULL", `${this.key} has ${this.#checking} inputs to check; try again later`, {
        data: { queued: this.#checking, retryAfterMs: 100 },
      });
      return this.unrun(call, error, true);
    }
    this.#checking++;
    parsed.then(
      (result) => {
        this.#checking--;
        this.#admit(call, call.offered!, result);
      },
      (thrown: unknown) => {
        this.#checking--;
        this.#broken(call, thrown);
      },
    );
  }

  #askAboutRepetition(call: Call, offered: Served): void {
    this.#repetitions ??= new RepetitionRights(this.key, this.#options.limits.maxQueued, {
      requireAuthorized: (repetition, operation) => this.#runner.requireAuthorized(repetition, operation),
      invalid: (operation, issues) => this.#invalid(operation, issues),
      unrun: (repetition, error, elsewhere) => this.unrun(repetition, error, elsewhere),
      broken: (repetition, thrown) => this.#broken(repetition, thrown),
      take: (repetition) => this.#take(repetition),
    });
    void this.#repetitions.ask(call, offered);
  }

  /** It would join an earlier call and never come to the runner, which asks about all others. */
  #onlyRepeats(call: Call): boolean {
    return this.#replays?.has(call) === true && !this.#repetitions?.allows(call);
  }

  #admit(call: Call, offered: Served, parsed: Validated): void {
    if (call.settled) return;
    if (parsed.issues) return this.unrun(call, this.#invalid(offered, parsed.issues), false);
    try {
      call.parsed = ownCopy(parsed.value, call.input, offered.flatInput);
      if (offered.operation.lane !== undefined) call.lane = laneOf(offered.operation.lane, call.parsed);
    } catch (thrown) {
      return this.#broken(call, thrown);
    }
    this.mailbox.admit(call);
    if (call.waiting !== undefined) this.#waits(call, offered);
  }

  #run(call: Call): void {
    if (!this.#ticking) {
      this.#ticking = true;
      this.#options.wheel.soon(this);
    }
    if (call.replay !== undefined) this.#keep(call);
    this.#runner.run(call);
  }

  /** From here on its own time bounds it, not its caller's. */
  #keep(call: Call): void {
    const { clock, wheel } = this.#options;
    call.work = new CallWork(call, clock.now());
    wheel.add(call.work);
  }

  /** Watches the deadlines of what has not ended at once. */
  onTick(now: number): void {
    this.#ticking = false;
    for (const call of this.mailbox.running()) call.watchDeadline(now);
  }

  /** It may wait for long: its time runs from now, and a cast is accepted unless the owner, or the manager's `authorize`, is yet to be asked. */
  #waits(call: Call, { operation }: Served): void {
    call.watchDeadline(this.#options.clock.now());
    if (operation.route !== "owner" && !this.#runner.authorizes) call.accept();
  }

  succeeded(call: Call, value: unknown): void {
    if (this.#abandoned?.delete(call)) return this.#returnedLate(call);
    if (call.replay) this.#replays!.settle(call, { ok: true, value });
    call.succeed(value);
    this.#left(call);
  }

  failed(call: Call, error: ReeveError): void {
    if (this.#abandoned?.delete(call)) return this.#returnedLate(call, error);
    if (call.accepted && call.abortReason === undefined) this.#logLost(call, error);
    if (call.replay) this.#keepFailure(call, error);
    call.fail(error);
    this.#left(call);
  }

  /** Its handler may never return: the key must not wait for that. */
  #abandonKey(call: Call, id: IdempotencyKey, error: ReeveError): void {
    if (this.#isStored(call)) this.#options.keys?.abandon?.(id, error);
    this.#keepFailure(call, error);
  }

  #isStored({ offered }: Call): boolean {
    return offered!.operation.dedupe === "store" && this.#options.keys !== undefined;
  }

  /** Where the store keeps keys, it alone knows what a failed call has left under its own. */
  #keepFailure(call: Call, error: ReeveError): void {
    if (this.#isStored(call)) this.#replays!.release(call, { ok: false, error });
    else this.#replays!.settle(call, { ok: false, error });
  }

  /** Its handler did not begin and will not. @param elsewhere whether another callee may take the call */
  unrun(call: Call, error: ReeveError, elsewhere: boolean): void {
    if (this.#abandoned?.delete(call)) return this.#returnedLate(call, error);
    const handedOver = call.accepted && !call.settled;
    // Another callee may have it running when `refuse` returns.
    this.#left(call);
    const repetitions = this.#forgotten(call);
    const failure = elsewhere ? call.refuse(error) : error;
    if (failure && handedOver) this.#logLost(call, failure);
    if (failure) call.fail(failure);
    for (const repetition of repetitions) this.#take(repetition);
  }

  /** The input could not even be checked; the manager's code is at fault, not the caller. */
  #broken(call: Call, thrown: unknown): void {
    this.unrun(call, failureOf(thrown, call.offered!.operation, "not-executed", this.#options), false);
  }

  #repeats(call: Call): boolean {
    const { clock, limits } = this.#options;
    this.#replays ??= new ReplayMemory(clock, { maxJoined: limits.maxQueued });
    return this.#replays.joins(call);
  }

  /** The calls that had joined this one, which never ran: they are free to. */
  #forgotten(call: Call): readonly Call[] {
    return call.replay ? this.#replays!.forget(call) : none;
  }

  #left(call: Call): void {
    if (!call.running) return;
    this.mailbox.leave(call);
    if (call.work !== undefined) this.#options.wheel.remove(call.work);
    if (call.abortReason !== undefined) this.#hung?.left(call);
  }

  #returnedLate({ operation, requestId, lane }: Call, error?: ReeveError): void {
    const fields = { operation: operation.name, requestId, lane, ...(error ? { err: error } : {}) };
    this.#options.log.warn(fields, "an abandoned operation has returned; what came of it is dropped");
  }

  /** Nobody waits for a cast any more: only the log can tell. */
  #logLost({ operation, requestId }: Call, error: ReeveError): void {
    this.#options.log.warn({ err: error, operation: operation.name, requestId }, "a cast was lost or failed");
  }

  #unknown(name: string): ReeveError {
    const { address } = this.#options;
    return reeveError("UNKNOWN_OPERATION", `${this.key} has no operation ${JSON.stringify(name)}`, { address });
  }

  #invalid({ operation }: Served, found: NonNullable<Validated["issues"]>): ReeveError {
    const issues = issuesOf(found);
    return reeveError("INVALID_INPUT", `${this.key}: ${operation.name}: ${describeIssues(issues)}`, {
      data: { issues },
      address: this.#options.address,
    });
  }
}

const none: readonly Call[] = [];

function laneOf(lane: (input: unknown) => string, input: unknown): string {
  const name = lane(input);
  if (typeof name !== "string") throw new TypeError(`lane must return text, not ${typeof name}`);
  return name;
}
