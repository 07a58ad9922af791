import { type CallOptions, type DurableCastOptions, type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../base/clock.ts";
import type { DeadlineWheel } from "../../base/deadline-wheel.ts";
import type { Ids } from "../../base/ids.ts";
import type { LoopTurn } from "../../base/loop-turn.ts";
import type { Observing } from "../../telemetry/observing.ts";
import { Call } from "../call.ts";
import type { CallRouter, Reject, Resolve } from "../call-router.ts";
import { CallTrace } from "../call-trace.ts";
import { ProgressBuffer } from "../callee/progress.ts";
import type { Served } from "../callee/served.ts";
import type { Bounds } from "../origin.ts";
import { checkCallOptions, timeoutOf } from "./call-options.ts";
import { lacksFrames, rejectedForCaller } from "./caller-frames.ts";
import type { CastKeeper, KeptBinding } from "./cast-keeper.ts";
import { checkDurableCastOptions, requireNow } from "./durable-cast-options.ts";
import type { LocalTargets } from "./local-targets.ts";
import type { Binding, LocalTarget, RoutedCall } from "./routed-call.ts";
import { Router } from "./router.ts";
import type { Targets } from "./targets.ts";

export interface ClientOptions {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly turn: LoopTurn;
  readonly ids: Ids;
  readonly locals: LocalTargets;
  /**
   * A promise that resolves when who else can be called has been asked for; undefined when that was done before. Default:
   * nobody is asked.
   *
   * @param waits for a link, where there is none
   */
  readonly discover?: ((manager: string, major: number, waits: boolean) => Promise<void> | undefined) | undefined;
  /** Why nobody is known who may be there. Default: nothing keeps them from being known. */
  readonly unknown?: (() => ReeveError | undefined) | undefined;
  /** Sees each call. Default: nobody does. */
  readonly observing?: Observing | undefined;
  /** Where durable casts are kept; undefined where there is no store: they are carried out before they resolve. Default: nowhere. */
  readonly casts?: CastKeeper | undefined;
}

interface CarriedOptions {
  readonly idempotencyKey: string;
  readonly acknowledges: readonly string[];
  readonly signal: AbortSignal;
}

const nothing = () => {};

/** From here on a deadline may be a tick later than the clock says: reading it would cost more than a short call. */
const longTimeoutMs = 1_000;

/** The caller's side: turns a ref's method into a call, gives it its deadline and sends it to who answers it. */
export class Client implements CallRouter {
  readonly wheel: DeadlineWheel;
  readonly turn: LoopTurn;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #locals: LocalTargets;
  readonly #discover: NonNullable<ClientOptions["discover"]>;
  readonly #unknown: NonNullable<ClientOptions["unknown"]>;
  readonly #observing: Observing | undefined;
  readonly #casts: CastKeeper | undefined;
  readonly #router = new Router();
  #closed = false;

  constructor({
    clock,
    wheel,
    turn,
    ids,
    locals,
    discover = () => undefined,
    unknown = () => undefined,
    observing,
    casts,
  }: ClientOptions) {
    this.#casts = casts;
    this.wheel = wheel;
    this.turn = turn;
    this.#clock = clock;
    this.#ids = ids;
    this.#locals = locals;
    this.#discover = discover;
    this.#unknown = unknown;
    this.#observing = observing;
  }

  newRequestId(): string {
    return this.#ids();
  }

  /** The caller goes on at once, or in the next turn of the loop where this one has lasted long enough. */
  resolve(resolve: Resolve, value: unknown): void {
    const { turn } = this;
    if (turn.isOver) turn.next(resolve, value);
    else resolve(value);
  }

  reject(error: ReeveError, resolve: Resolve, reject: Reject): void {
    const { turn } = this;
    if (turn.isOver) turn.next((late) => rejectNow(late, resolve, reject), error);
    else rejectNow(error, resolve, reject);
  }

  /** From here on calls fail at once: nobody would carry them, and nobody would watch their deadlines. */
  close(): void {
    this.#closed = true;
  }

  /** The live managers of a contract. The list changes as they come and go. */
  targetsOf({ name, major }: { readonly name: string; readonly major: number }): Targets<LocalTarget> {
    return this.#locals.of(name, major);
  }

  /** A cast resolves once a callee has taken it in; from then on neither its caller's deadline nor a cancel ends it. */
  call(binding: KeptBinding, served: Served, input: unknown, options: CallOptions | undefined): Promise<unknown> {
    if (served.operation.durable) return this.#castDurably(binding, served, input, options as DurableCastOptions);
    return this.#call(binding, served, input, options);
  }

  #call(binding: Binding, served: Served, input: unknown, options: CallOptions | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#send(this.#begin(binding, served, input, options, resolve, reject));
    });
  }

  async #castDurably(
    binding: KeptBinding,
    served: Served,
    input: unknown,
    options: DurableCastOptions = {},
  ): Promise<unknown> {
    checkDurableCastOptions(served, options);
    const casts = binding.casts ?? this.#casts;
    if (casts) return casts.keep(binding, served, input, options);
    requireNow(served, options);
    return this.#call(binding, served, input, undefined);
  }

  /**
   * Where a call that is made now would go first; undefined where nobody is there.
   *
   * @throws ReeveError when those who are there would not know it, or it needs an address
   */
  async place(binding: Binding, served: Served, input: unknown): Promise<LocalTarget | undefined> {
    const unsent = new Call(this, served, binding, input, 0, nothing, nothing);
    let target = this.#router.first(unsent);
    if (!("deliver" in target) && target.reason === "NO_RESPONDERS") {
      await this.#discover(served.contract.name, served.contract.major, false);
      target = this.#router.first(unsent);
    }
    if ("deliver" in target) return target;
    if (target.reason === "NO_RESPONDERS") return undefined;
    throw target;
  }

  /** A call of the runtime's own, which carries what callers do not say. */
  carry(
    binding: Binding,
    served: Served,
    input: unknown,
    { acknowledges, ...options }: CarriedOptions,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = this.#begin(binding, served, input, options, resolve, reject);
      if (acknowledges.length > 0) call.acknowledges = acknowledges;
      this.#send(call);
    });
  }

  stream(binding: Binding, served: Served, input: unknown, options: CallOptions | undefined): unknown {
    let call: RoutedCall | undefined;
    const progress = new ProgressBuffer(() => call?.cancel("the reader left"));
    const result = new Promise((resolve, reject) => {
      call = this.#begin(binding, served, input, options, resolve, reject);
      call.progress = progress;
      this.#send(call);
    });
    // Whoever only iterates learns of a failure there, so the result's own rejection counts as handled.
    result.then(
      () => progress.end(),
      (error: unknown) => progress.fail(error),
    );
    return progress.stream(result);
  }

  /** Asks every live member by its address; none is skipped and none is redirected. */
  async all(binding: Binding, served: Served, input: unknown, options: CallOptions | undefined): Promise<unknown> {
    await this.#discover(served.contract.name, served.contract.major, false);
    return Promise.all(
      Array.from(binding.targets, async ({ address }) => {
        const [settled] = await Promise.allSettled([this.call({ ...binding, address }, served, input, options)]);
        return { address, ...settled };
      }),
    );
  }

  redirect(call: RoutedCall, error: ReeveError): ReeveError | undefined {
    const next = this.#router.after(call, error);
    if (!("deliver" in next)) return next;
    this.#deliver(call, next);
    return undefined;
  }

  #begin(
    binding: Binding,
    served: Served,
    input: unknown,
    options: CallOptions | undefined,
    resolve: Resolve,
    reject: Reject,
  ): RoutedCall {
    const { operation } = served;
    if (options !== undefined) checkCallOptions(operation, options);
    const timeoutMs = timeoutOf(operation, options);
    const call = new Call(this, served, binding, input, timeoutMs, resolve, reject);
    if (this.#observing !== undefined) observe(this.#observing, call);
    const bounds: Bounds = binding.origin.bounds ?? binding.origin;
    if (timeoutMs < longTimeoutMs || bounds.deadlineAt !== Number.POSITIVE_INFINITY) this.#startClock(call, bounds);
    if (bounds.adopt) call.onDetach(bounds.adopt(call));
    if (options !== undefined) this.#heed(call, options);
    return call;
  }

  /** What is short, or has a caller whose time runs already, is reckoned exactly. */
  #startClock(call: RoutedCall, bounds: Bounds): void {
    const now = this.#clock.now();
    call.watchDeadline(now);
    if (call.timeoutMs > 0 && bounds.deadlineAt > now) return;
    const message = `${call.contract.name}: ${call.operation.name}: no time is left`;
    call.fail(reeveError("DEADLINE_EXCEEDED", message, { outcome: "never-sent" }));
  }

  #heed(call: RoutedCall, { signal, idempotencyKey }: CallOptions): void {
    call.idempotencyKey = idempotencyKey;
    if (!signal) return;
    if (signal.aborted) return call.cancel(signal.reason);
    const onAbort = () => call.cancel(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    call.onDetach(() => signal.removeEventListener("abort", onAbort));
  }

  #send(call: RoutedCall): void {
    if (call.settled) return;
    const { binding, served } = call;
    const { targets, address } = binding;
    const only = served.anywhere && address === undefined ? targets.only : undefined;
    if (only) this.#deliver(call, only);
    else this.#find(call);
  }

  #find(call: RoutedCall): void {
    const target = this.#router.first(call);
    if ("deliver" in target) this.#deliver(call, target);
    else if (target.reason === "NO_RESPONDERS") this.#findAfterDiscovery(call, target);
    else call.fail(target);
  }

  /** Nobody who is known can answer: before the first use of a contract nobody is. */
  #findAfterDiscovery(call: RoutedCall, nobody: ReeveError): void {
    const { name, major } = call.contract;
    const round = this.#discover(name, major, true);
    if (!round) return call.fail(this.#unknown() ?? nobody);
    call.watchDeadline(this.#clock.now());
    void round.then(() => {
      if (!call.settled) this.#find(call);
    });
  }

  #deliver(call: RoutedCall, target: LocalTarget): void {
    if (this.#closed) return call.fail(closed(call));
    call.deliver(target);
    // The deadline of what runs already is the callee's to watch: most of that is over before it would be looked at.
    if (!call.running && !call.settled && !call.watched) call.watchDeadline(this.#clock.now());
  }
}

function observe(observing: Observing, call: RoutedCall): void {
  const { contract, operation, requestId } = call;
  const { peer, principal, observed, traceparent } = call.binding.origin;
  const trace = new CallTrace();
  call.trace = trace;
  // One that fails has told by then: a success pays for being watched only where it is.
  call.onDetach(() => trace.callEnded(undefined, call.target?.address));
  trace.call = observing.call({
    ...{ manager: contract.name, operation: operation.name, caller: peer, principal, requestId, traceparent },
    parent: observed?.own,
  });
}

function rejectNow(error: ReeveError, resolve: Resolve, reject: Reject): void {
  if (lacksFrames(error)) resolve(rejectedForCaller(error));
  else reject(error);
}

function closed({ contract, operation }: RoutedCall): ReeveError {
  return reeveError("TRANSPORT_CLOSED", `${contract.name}: ${operation.name}: what the ref was made of is closed`);
}
