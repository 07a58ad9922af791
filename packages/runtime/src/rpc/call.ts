import { type CompiledOperation, type Contract, type Outcome, type ReeveError, reeveError } from "@reeve/contract";
import type { DeadlineWheel, WheelEntry } from "../base/deadline-wheel.ts";
import type { Linked } from "../base/entry-list.ts";
import type { LoopTurn } from "../base/loop-turn.ts";
import type { ChainLink } from "../mailbox/chain.ts";
import type { MailboxEntry } from "../mailbox/mailbox-entry.ts";
import type { CallWork } from "./callee/call-work.ts";
import type { ProgressSink } from "./callee/progress.ts";
import type { Served } from "./callee/served.ts";
import type { StreamReaders } from "./callee/stream-readers.ts";
import type { Targets } from "./caller/targets.ts";
import type { IdempotencyKey } from "./idempotency-key.ts";
import type { Bounds, Cancellable, Origin } from "./origin.ts";
import type { Principal } from "./principal.ts";

/** A manager as callers see it: of this process, unless it says that it is of another. */
export interface LocalTarget {
  readonly contract: Contract;
  readonly address: string;
  readonly cluster: string | undefined;
  /** `manager/address`. */
  readonly key: string;
  /** Serving, or degraded in a way that leaves it useful. */
  readonly canServe: boolean;
  /** Of another process. */
  readonly remote?: true;
  /** Takes the call over: from here it is settled by the callee, its deadline or its caller. */
  deliver(call: Call): void;
}

/** What a ref is bound to: who calls, and whom. */
export interface Binding {
  readonly origin: Origin;
  /** The live managers of the contract. The list changes as they come and go. */
  readonly targets: Targets<LocalTarget>;
  /** Where `.at()` points: an address, or a cluster. */
  readonly address: string | undefined;
}

/** One idempotency key: the call that came first with it, and those that repeat it. */
export interface Replay {
  readonly id: IdempotencyKey;
  /** The id as one text. */
  readonly key: string;
  readonly inputDigest: string;
  /** Let go of, with its input, once it has ended. */
  first: Call | undefined;
  readonly until: number;
  settlement: Settlement | undefined;
  /** Who reads it, where it is a stream that runs. */
  readers: StreamReaders | undefined;
  /** Wait for the first one's answer. */
  readonly joined: Set<Call>;
}

export type Settlement =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ReeveError };

/** The callee, as far as a call tells it anything. */
export interface CallHost {
  /** The call was ended from outside (deadline, cancel, the callee's own end) while it was prepared, waited or ran here. */
  abandoned(call: Call): void;
  /** Since when the link to it has been down, as ISO text; undefined while it is up. */
  readonly linkDownSince?: string | undefined;
}

/** The caller's side of every call. */
export interface CallRouter {
  readonly wheel: DeadlineWheel;
  readonly turn: LoopTurn;
  /** Delivers a refused call to another callee; otherwise returns the error to end it with. */
  redirect(call: Call, error: ReeveError): ReeveError | undefined;
  newRequestId(): string;
  /** Gives the caller its error through what it awaits. */
  reject(error: ReeveError, resolve: (value: unknown) => void, reject: (error: ReeveError) => void): void;
}

/** Where a refused call has been. */
export interface Attempt {
  readonly target: LocalTarget;
  readonly error: ReeveError;
}

/**
 * One call, from the caller's ref to the callee's handler and back. It is the event sent to the manager's actor, the
 * mailbox's entry, the wheel's entry and the link of the chain at once: a local call allocates little more than this,
 * its promise and its context. It is settled once, by whoever comes first: the callee, its deadline or its caller.
 */
export class Call implements MailboxEntry, WheelEntry, Origin {
  readonly type = "call";
  /** The operation as the caller's contract has it, and as the callee's has it. */
  readonly served: Served;
  offered: Served | undefined = undefined;
  readonly binding: Binding;
  /** The call that awaits this one. None for a cast: nobody awaits its end, so it may wait for whatever it likes. */
  readonly parent: ChainLink | undefined;
  /** As the caller wrote it. */
  readonly input: unknown;
  /** What the callee's schema made of it. */
  parsed: unknown = undefined;
  /** The whole time it is given; shorter than asked for when its caller has less left. */
  timeoutMs: number;
  /** Infinite until its time begins to run. */
  deadlineAt = Number.POSITIVE_INFINITY;
  idempotencyKey: string | undefined = undefined;

  target: LocalTarget | undefined = undefined;
  /** The targets that refused it. */
  attempts: Attempt[] | undefined = undefined;
  host: CallHost | undefined = undefined;
  manager = "";
  lane: string | undefined = undefined;
  running = false;
  waiting: MailboxEntry["waiting"] = undefined;
  takesSlot = false;
  arrival = 0;
  runIndex = 0;
  listPrevious: Linked | undefined = undefined;
  listNext: Linked | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  wheelNext: WheelEntry | undefined = undefined;

  settled = false;
  /** The callee has taken a cast in: it is the callee's alone from then on. */
  accepted = false;
  /** Why its handler was told to end. */
  abortReason: ReeveError | undefined = undefined;
  /** Where a stream's progress goes. */
  progress: ProgressSink | undefined = undefined;
  /** Where its answer is remembered for repetitions of it. */
  replay: Replay | undefined = undefined;
  /** What it does that outlasts its caller's interest, where it does such a thing. */
  work: CallWork | undefined = undefined;
  #requestId: string | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #nested: Set<Cancellable> | undefined = undefined;
  #detach: (() => void) | undefined = undefined;
  readonly #router: CallRouter;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: ReeveError) => void;

  constructor(
    router: CallRouter,
    served: Served,
    binding: Binding,
    input: unknown,
    timeoutMs: number,
    resolve: (value: unknown) => void,
    reject: (error: ReeveError) => void,
  ) {
    this.served = served;
    this.binding = binding;
    this.parent = served.cast ? undefined : binding.origin.link;
    this.input = input;
    this.timeoutMs = timeoutMs;
    this.#router = router;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get contract(): Contract {
    return this.served.contract;
  }

  get operation(): CompiledOperation {
    return this.served.operation;
  }

  get origin(): Origin {
    return this.binding.origin;
  }

  get waits(): boolean {
    return this.binding.origin.waits;
  }

  get link(): ChainLink {
    return this;
  }

  /** Who called. */
  get caller(): string {
    return this.binding.origin.peer;
  }

  /** Who calls, for the calls that its handler makes: the manager that runs it. */
  get peer(): string {
    return this.manager;
  }

  get principal(): Principal {
    return this.binding.origin.principal;
  }

  get requestId(): string {
    this.#requestId ??= this.binding.origin.requestId ?? this.#router.newRequestId();
    return this.#requestId;
  }

  get bounds(): Bounds | undefined {
    return this.work?.bounds;
  }

  /** Aborts on deadline, cancel and loss of the caller; with a key at its own deadline. Made when first asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.abortReason !== undefined) this.#controller.abort(this.abortReason);
    }
    return this.#controller.signal;
  }

  /** What it works on, for people: the resource of its journalled work, or else its lane. */
  get resource(): string | undefined {
    return this.work?.resource ?? this.lane;
  }

  /** Lets the event loop turn. */
  get turn(): LoopTurn {
    return this.#router.turn;
  }

  get watched(): boolean {
    return this.wheelNext !== undefined;
  }

  /** Its time runs from now, if it did not before, and its deadline is watched. */
  watchDeadline(now: number): void {
    if (this.settled || this.watched) return;
    this.startClock(now);
    this.#router.wheel.add(this);
  }

  startClock(now: number): void {
    if (this.deadlineAt !== Number.POSITIVE_INFINITY) return;
    this.deadlineAt = now + this.timeoutMs;
    const { origin } = this.binding;
    // A cast's caller may end before it: only the handing over is bound to the caller's time.
    if (this.served.cast) return;
    const bounds: Bounds = origin.bounds ?? origin;
    bounds.startClock?.(now);
    if (bounds.deadlineAt >= this.deadlineAt) return;
    this.deadlineAt = bounds.deadlineAt;
    this.timeoutMs = Math.max(0, this.deadlineAt - now);
  }

  adopt(nested: Cancellable): () => void {
    if (this.abortReason !== undefined) {
      nested.cancel(this.abortReason);
      return () => {};
    }
    this.#nested ??= new Set();
    this.#nested.add(nested);
    return () => this.#nested!.delete(nested);
  }

  /** Calls back once, when the caller's interest in it ends. */
  onDetach(callback: () => void): void {
    if (this.settled) return callback();
    const earlier = this.#detach;
    this.#detach = earlier
      ? () => {
          earlier();
          callback();
        }
      : callback;
  }

  /** The callee has taken it in: all that the caller of a cast waits for. */
  accept(): void {
    if (!this.served.cast || this.accepted || this.settled) return;
    this.accepted = true;
    this.#forgetCaller();
    this.resolved(undefined);
  }

  succeed(value: unknown): void {
    if (this.settled) return;
    this.#settle();
    this.resolved(value);
  }

  fail(error: ReeveError): void {
    if (this.settled) return;
    this.#settle();
    this.rejected(error);
  }

  /** The callee will not run it; another may. Returns the error that ended it, or nothing when another has it. */
  refuse(error: ReeveError): ReeveError | undefined {
    if (this.settled) return undefined;
    this.host = undefined;
    const failure = this.#router.redirect(this, error);
    if (failure) this.fail(failure);
    return failure;
  }

  expire(): void {
    const outcome = this.#outcome();
    const when = outcome === "maybe-executed" ? "" : " before it ran";
    const linkDownSince = this.host?.linkDownSince;
    const why = linkDownSince === undefined ? "" : `; the link to the broker has been down since ${linkDownSince}`;
    const data = linkDownSince === undefined ? undefined : { linkDownSince };
    const message = `${this.#name()}: the deadline passed${when}${why}`;
    this.depart(reeveError("DEADLINE_EXCEEDED", message, { outcome, ...(data && { data }) }));
  }

  cancel(reason: unknown): void {
    if (this.settled) return;
    const outcome = this.#outcome();
    this.depart(reeveError("CANCELLED", `${this.#name()}: cancelled by its caller`, { outcome, cause: reason }));
  }

  /** The caller wants it no more: its wait ends, and with it the handler, unless what that does is kept for a key. See {@link CallWork}. */
  depart(error: ReeveError): void {
    if (this.#kept) this.fail(error);
    else this.abort(error);
  }

  /** Ends the caller's wait and aborts the handler, which may go on until it notices. */
  abort(error: ReeveError): void {
    if (this.abortReason !== undefined || (this.settled && !this.#kept)) return;
    this.abortReason = error;
    this.fail(error);
    this.host?.abandoned(this);
    this.#controller?.abort(error);
    if (this.#nested) for (const nested of [...this.#nested]) nested.cancel(error);
  }

  /** It runs here under an idempotency key. */
  get #kept(): boolean {
    return this.running && this.replay !== undefined;
  }

  /** Tells the caller, who goes on at once, or in the next turn of the loop where this one has lasted long enough. */
  protected resolved(value: unknown): void {
    const { turn } = this.#router;
    if (turn.isOver) turn.next(this.#resolve, value);
    else this.#resolve(value);
  }

  protected rejected(error: ReeveError): void {
    const { turn } = this.#router;
    if (turn.isOver) turn.next((late) => this.#router.reject(late, this.#resolve, this.#reject), error);
    else this.#router.reject(error, this.#resolve, this.#reject);
  }

  #settle(): void {
    this.settled = true;
    if (this.wheelNext !== undefined) this.#router.wheel.remove(this);
    if (this.#detach) this.#forgetCaller();
  }

  #forgetCaller(): void {
    const detach = this.#detach;
    this.#detach = undefined;
    detach?.();
  }

  #outcome(): Outcome {
    if (this.running) return "maybe-executed";
    return this.manager === "" ? "never-sent" : "not-executed";
  }

  #name(): string {
    const { operation, contract } = this.served;
    return `${this.manager === "" ? contract.name : this.manager}: ${operation.name}`;
  }
}
