import type { Contract, ReeveError } from "@reeve/contract";
import type { CompiledOperation } from "@reeve/contract/internal";
import type { WheelEntry } from "../base/deadline-wheel.ts";
import type { Linked } from "../base/entry-list.ts";
import type { LoopTurn } from "../base/loop-turn.ts";
import type { ChainLink } from "../mailbox/chain.ts";
import type { QueuedCall } from "../mailbox/queued-call.ts";
import type { Observed } from "../telemetry/observing.ts";
import type { CallHost } from "./call-host.ts";
import type { CallRouter, Reject, Resolve } from "./call-router.ts";
import { type CallStage, callStages } from "./call-stage.ts";
import type { CallTrace } from "./call-trace.ts";
import type { CallWork } from "./callee/call-work.ts";
import type { ProgressSink } from "./callee/progress.ts";
import type { ReceivedCall } from "./callee/received-call.ts";
import type { Replay } from "./callee/replay.ts";
import type { Served } from "./callee/served.ts";
import type { Attempt, Binding, LocalTarget, RoutedCall } from "./caller/routed-call.ts";
import { cancelledByCaller, deadlinePassed } from "./departure.ts";
import { NestedCalls } from "./nested-calls.ts";
import type { Bounds, Cancellable, Origin } from "./origin.ts";
import type { Principal } from "./principal.ts";

/** The rows of {@link callStages}. A call keeps the number of its own, here: whatever is imported costs a look at each use. */
const held = 0;
const queued = 1;
const joined = 2;
const sent = 3;
const running = 4;
const detached = 5;
const settled = 6;

/**
 * One call, from the caller's ref to the callee's handler and back. It is the event sent to the manager's actor, the
 * mailbox's entry, the wheel's entry and the link of the chain at once: a local call allocates little more than this,
 * its promise and its context. It is settled once, by whoever comes first: the callee, its deadline or its caller.
 *
 * Where it is says {@link callStages}. Each room knows it by an interface of its own, which has what that room may write:
 * {@link RoutedCall} those that find a callee, {@link QueuedCall} the mailbox, {@link ReceivedCall} the intake of a manager,
 * `RunningCall` what runs its handler. Only what makes calls knows this class.
 */
export class Call implements QueuedCall, RoutedCall, ReceivedCall, WheelEntry, Origin {
  readonly type = "call";
  #at: number = held;
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
  acknowledges: readonly string[] | undefined = undefined;

  target: LocalTarget | undefined = undefined;
  attempts: Attempt[] | undefined = undefined;
  host: CallHost<this> | undefined = undefined;
  manager = "";
  lane: string | undefined = undefined;
  waiting: QueuedCall["waiting"] = undefined;
  takesSlot = false;
  arrival = 0;
  runIndex = 0;
  listPrevious: Linked | undefined = undefined;
  listNext: Linked | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  wheelNext: WheelEntry | undefined = undefined;

  accepted = false;
  /** Why its handler was told to end. */
  abortReason: ReeveError | undefined = undefined;
  /** Where a stream's progress goes. */
  progress: ProgressSink | undefined = undefined;
  /** Where its answer is remembered for repetitions of it. */
  replay: Replay | undefined = undefined;
  /** What it does that outlasts its caller's interest, where it does such a thing. */
  work: CallWork | undefined = undefined;
  /** It, or its run here, as the observer of this process sees it. */
  trace: CallTrace | undefined = undefined;
  #requestId: string | undefined = undefined;
  #nested: NestedCalls | undefined = undefined;
  #detach: ((error?: ReeveError) => void) | undefined = undefined;
  readonly #router: CallRouter;
  readonly #resolve: Resolve;
  readonly #reject: Reject;

  constructor(
    router: CallRouter,
    served: Served,
    binding: Binding,
    input: unknown,
    timeoutMs: number,
    resolve: Resolve,
    reject: Reject,
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

  get stage(): CallStage {
    return callStages[this.#at]!;
  }

  get settled(): boolean {
    return this.#at >= detached;
  }

  get running(): boolean {
    return this.#at === running || this.#at === detached;
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

  get remoteCaller(): boolean {
    return this.binding.origin.remote === true;
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

  get observed(): Observed | undefined {
    return this.trace?.run ?? this.trace?.call;
  }

  get traceparent(): string | undefined {
    return this.trace?.traceparent ?? this.binding.origin.traceparent;
  }

  get bounds(): Bounds | undefined {
    return this.work?.bounds;
  }

  /** Aborts on deadline, cancel and loss of the caller; with a key at its own deadline. Made when first asked for: most handlers never do. */
  get signal(): AbortSignal {
    this.#nested ??= new NestedCalls(this.abortReason);
    return this.#nested.signal;
  }

  /** What it works on, for people: the resource of its journalled work, or else its lane. */
  get resource(): string | undefined {
    return this.work?.resource ?? this.lane;
  }

  /** Lets the event loop turn. */
  get turn(): LoopTurn {
    return this.#router.turn;
  }

  get mayHaveRun(): ReeveError | undefined {
    return this.attempts?.find(({ error }) => error.outcome === "maybe-executed")?.error;
  }

  get watched(): boolean {
    return this.wheelNext !== undefined;
  }

  deliver(target: LocalTarget): void {
    this.target = target;
    target.deliver(this);
  }

  attempted(error: ReeveError): void {
    this.attempts ??= [];
    this.attempts.push({ target: this.target!, error });
  }

  sent(manager: string): void {
    this.#at = sent;
    this.manager = manager;
  }

  unsent(): void {
    this.#at = held;
    this.manager = "";
  }

  taken(host: CallHost<this>, manager: string): void {
    this.#at = queued;
    this.host = host;
    this.manager = manager;
    this.lane = undefined;
  }

  join(): void {
    this.#at = joined;
  }

  begin(): void {
    this.#at = running;
  }

  leave(): void {
    this.#at = this.settled ? settled : held;
  }

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
    this.#nested ??= new NestedCalls(this.abortReason);
    return this.#nested.add(nested);
  }

  onDetach(callback: (error?: ReeveError) => void): void {
    if (this.settled) return callback();
    const earlier = this.#detach;
    this.#detach = earlier
      ? (error) => {
          earlier(error);
          callback(error);
        }
      : callback;
  }

  accept(): void {
    if (!this.served.cast || this.accepted || this.settled) return;
    this.accepted = true;
    this.#forgetCaller();
    this.#router.resolve(this.#resolve, undefined);
  }

  succeed(value: unknown): void {
    if (this.settled) return;
    this.#settle();
    this.#router.resolve(this.#resolve, value);
  }

  fail(error: ReeveError): void {
    if (this.settled) return;
    this.trace?.callEnded(error, this.target?.address);
    this.#settle(error);
    this.#router.reject(error, this.#resolve, this.#reject);
  }

  refuse(error: ReeveError): ReeveError | undefined {
    if (this.settled) return undefined;
    this.host = undefined;
    this.#at = held;
    const failure = this.#router.redirect(this, error);
    if (failure) this.fail(failure);
    return failure;
  }

  expire(): void {
    this.depart(deadlinePassed(this, this.host?.linkDownSince));
  }

  cancel(reason: unknown): void {
    if (!this.settled) this.depart(cancelledByCaller(this, reason));
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
    this.#nested?.end(error);
  }

  /** It runs here under an idempotency key. */
  get #kept(): boolean {
    return this.running && this.replay !== undefined;
  }

  #settle(error?: ReeveError): void {
    this.#at = this.#at === running ? detached : settled;
    if (this.wheelNext !== undefined) this.#router.wheel.remove(this);
    if (this.#detach) this.#forgetCaller(error);
  }

  #forgetCaller(error?: ReeveError): void {
    const detach = this.#detach;
    this.#detach = undefined;
    detach?.(error);
  }
}
