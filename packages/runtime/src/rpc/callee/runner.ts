import { type ReeveError, reeveError } from "@reeve/contract";
import { describeIssues, issuesOf } from "@reeve/contract/internal";
import type { Clock } from "../../base/clock.ts";
import type { DeadlineWheel, TickListener } from "../../base/deadline-wheel.ts";
import type { Observing } from "../../telemetry/observing.ts";
import type { CallHost } from "../call-host.ts";
import { CallTrace } from "../call-trace.ts";
import { ownCopy } from "../copy-shared.ts";
import { CallWork } from "./call-work.ts";
import { deepFreeze } from "./freeze.ts";
import type { Handlers, HandlersOptions } from "./handlers.ts";
import { type HungOperation, HungWatch } from "./hung-watch.ts";
import { failureOf } from "./redact-failure.ts";
import type { RunningCall } from "./running-call.ts";
import { isPending, type Served, type Validated } from "./served.ts";
import { Unrun } from "./unrun.ts";

export interface RunnerOptions extends HandlersOptions {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  /** Freeze what handlers return, so that a caller in this process cannot rely on changing it. */
  readonly freeze: boolean;
  /** Sees each call while it runs. Default: nobody does. */
  readonly observing?: Observing | undefined;
  /** An operation outlived twice its deadline. */
  onHung(hung: HungOperation, call: RunningCall): void;
  /** No operation hangs any more. */
  onUnhung(): void;
}

/** Where calls come from whose turn has come, and where they go that did not begin. */
export interface RunnerPort<C extends RunningCall> {
  /** Those that have their turn. */
  running(): Iterable<C>;
  /** It keeps no slot and no lane any more. */
  leave(call: C): void;
  /** Its handler was not begun. @param elsewhere whether another callee may take the call */
  unrun(call: C, error: ReeveError, elsewhere: boolean): void;
}

/** The calls of one incarnation from their turn to their end: runs the handler, checks its answer, settles. Never throws. */
export class Runner<C extends RunningCall> implements CallHost<RunningCall>, TickListener {
  readonly #key: string;
  readonly #options: RunnerOptions;
  readonly #handlers: Handlers;
  readonly #observing: Observing | undefined;
  readonly #port: RunnerPort<C>;
  /** Made when the first call is left by its caller while it runs: most managers do not see that for long. */
  #hung: HungWatch | undefined;
  /** Calls whose handlers still run though an operator has abandoned them. */
  #abandoned: Set<RunningCall> | undefined;
  #errors = 0;
  #ticking = false;

  constructor(key: string, options: RunnerOptions, handlers: Handlers, port: RunnerPort<C>) {
    this.#key = key;
    this.#options = options;
    this.#handlers = handlers;
    this.#observing = options.observing;
    this.#port = port;
  }

  /** Handlers that failed. */
  get errors(): number {
    return this.#errors;
  }

  /** Its turn has come. */
  run(call: C): void {
    call.host = this;
    if (!this.#ticking) {
      this.#ticking = true;
      this.#options.wheel.soon(this);
    }
    if (call.replay !== undefined) this.#keep(call);
    if (this.#observing !== undefined) this.#observe(this.#observing, call);
    const offered = call.offered!;
    let answer: unknown;
    try {
      answer = this.#handlers.handle(call, offered);
      // Query builders and older libraries have promises of their own.
      if (!(answer instanceof Promise) && isThenable(answer)) answer = Promise.resolve(answer);
    } catch (thrown) {
      return this.#threw(call, offered, thrown);
    }
    if (answer instanceof Promise) {
      answer.then(
        (value) => this.#answered(call, offered, value),
        (thrown: unknown) => this.#threw(call, offered, thrown),
      );
    } else {
      this.#answered(call, offered, answer);
    }
  }

  /** Watches the deadlines of what has not ended at once. */
  onTick(now: number): void {
    this.#ticking = false;
    for (const call of this.#port.running()) call.watchDeadline(now);
  }

  abandoned(call: RunningCall): void {
    if (call.accepted) this.logLost(call, call.abortReason!);
    call.startClock(this.#options.clock.now());
    this.#hung ??= new HungWatch(this.#options);
    this.#hung.watch(call);
  }

  /**
   * Tells those that wait for running calls whose handlers do not return; {@link release} then frees slots and lanes. What such a
   * handler returns after that is logged and dropped. Returns the calls that were abandoned.
   */
  abandon(accepts: (call: C) => boolean, errorOf: (call: C) => ReeveError): readonly C[] {
    const found = [...this.#port.running()].filter(accepts);
    for (const call of found) {
      const error = errorOf(call);
      this.#abandoned ??= new Set();
      this.#abandoned.add(call);
      call.abort(error);
      if (call.replay) this.#abandonKey(call, error);
    }
    return found;
  }

  /** Lets others have what the abandoned calls held. */
  release(calls: readonly C[]): void {
    for (const call of calls) this.#left(call, call.abortReason);
  }

  close(): void {
    this.#hung?.close();
  }

  /** Nobody waits for a cast any more: only the log can tell. */
  logLost({ operation, requestId }: RunningCall, error: ReeveError): void {
    this.#options.log.warn({ err: error, operation: operation.name, requestId }, "a cast was lost or failed");
  }

  #observe(observing: Observing, call: C): void {
    const { contract, operation, requestId, caller, principal, traceparent, observed } = call;
    call.trace ??= new CallTrace();
    call.trace.run = observing.run({
      ...{ manager: contract.name, operation: operation.name, caller, principal, requestId, traceparent },
      ...{ address: this.#options.address, parent: observed?.own },
    });
  }

  /** From here on its own time bounds it, not its caller's. */
  #keep(call: C): void {
    const { clock, wheel } = this.#options;
    call.work = new CallWork(call, clock.now());
    wheel.add(call.work);
  }

  #answered(call: C, offered: Served, value: unknown): void {
    const { output } = offered;
    const awaited = !call.settled || call.replay !== undefined;
    if (output === undefined || !awaited) return this.#succeeded(call, undefined);
    let parsed: Validated | Promise<Validated>;
    try {
      parsed = output.validate(value);
    } catch (thrown) {
      return this.#threw(call, offered, thrown);
    }
    if (isPending(parsed)) {
      parsed.then(
        (result) => this.#checked(call, offered, value, result),
        (thrown: unknown) => this.#threw(call, offered, thrown),
      );
    } else {
      this.#checked(call, offered, value, parsed);
    }
  }

  #checked(call: C, offered: Served, raw: unknown, parsed: Validated): void {
    if (parsed.issues) return this.#invalid(call, offered, parsed.issues);
    let value: unknown;
    try {
      value = ownCopy(parsed.value, raw, offered.flatOutput);
      if (this.#options.freeze) deepFreeze(value);
    } catch (thrown) {
      return this.#threw(call, offered, thrown);
    }
    this.#succeeded(call, value);
  }

  #invalid(call: C, { operation }: Served, found: NonNullable<Validated["issues"]>): void {
    const { address, log } = this.#options;
    const issues = issuesOf(found);
    log.error({ operation: operation.name, issues }, "an operation's answer does not satisfy its own schema");
    this.#errors++;
    const message = `${this.#key}: ${operation.name}: ${describeIssues(issues)}`;
    this.#failed(call, reeveError("INVALID_OUTPUT", message, { data: { issues }, address }));
  }

  #threw(call: C, { operation }: Served, thrown: unknown): void {
    if (thrown instanceof Unrun) return this.#unrun(call, thrown);
    this.#errors++;
    // A handler that heeds its signal ends like this: out of its own time, or with its incarnation. A repetition must not run it again.
    if (call.abortReason !== undefined && isAbort(thrown, call.abortReason)) {
      const message = `${this.#key}: ${operation.name}: a call with this key was ended while it ran`;
      const data = { state: "interrupted" } as const;
      return this.#failed(call, reeveError("DUPLICATE_KEY", message, { data, cause: call.abortReason }));
    }
    this.#failed(call, failureOf(thrown, operation, "executed", this.#options));
  }

  #succeeded(call: C, value: unknown): void {
    if (this.#abandoned?.delete(call)) return this.#returnedLate(call);
    const { replay } = call;
    if (replay) replay.settle({ ok: true, value });
    call.succeed(value);
    this.#left(call, undefined);
  }

  #failed(call: C, error: ReeveError): void {
    if (this.#abandoned?.delete(call)) return this.#returnedLate(call, error);
    if (call.accepted && call.abortReason === undefined) this.logLost(call, error);
    if (call.replay) this.#keepFailure(call, error);
    call.fail(error);
    this.#left(call, error);
  }

  #unrun(call: C, { error, elsewhere, faulty }: Unrun): void {
    if (faulty) this.#errors++;
    if (this.#abandoned?.delete(call)) return this.#returnedLate(call, error);
    // Another callee may have it running when the port returns.
    this.#left(call, error);
    this.#port.unrun(call, error, elsewhere);
  }

  /** Its handler may never return: the key must not wait for that. */
  #abandonKey(call: C, error: ReeveError): void {
    if (this.#isStored(call)) this.#options.keys?.abandon?.(call.replay!.id, error);
    this.#keepFailure(call, error);
  }

  #isStored({ offered }: C): boolean {
    return offered!.operation.dedupe === "store" && this.#options.keys !== undefined;
  }

  /** Where the store keeps keys, it alone knows what a failed call has left under its own. */
  #keepFailure(call: C, error: ReeveError): void {
    const replay = call.replay!;
    if (this.#isStored(call)) replay.release({ ok: false, error });
    else replay.settle({ ok: false, error });
  }

  #left(call: C, error: ReeveError | undefined): void {
    if (!call.running) return;
    if (this.#observing !== undefined) this.#observed(call.trace!, error);
    this.#port.leave(call);
    if (call.work !== undefined) this.#options.wheel.remove(call.work);
    if (call.abortReason !== undefined) this.#hung?.left(call);
  }

  #observed(trace: CallTrace, error: ReeveError | undefined): void {
    trace.run?.ended(error, this.#options.address);
    // Another callee may have it next.
    trace.run = undefined;
  }

  #returnedLate({ operation, requestId, lane }: C, error?: ReeveError): void {
    const fields = { operation: operation.name, requestId, lane, ...(error ? { err: error } : {}) };
    this.#options.log.warn(fields, "an abandoned operation has returned; what came of it is dropped");
  }
}

function isThenable(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "then" in answer && typeof answer.then === "function";
}

function isAbort(thrown: unknown, reason: ReeveError): boolean {
  return thrown === reason || (thrown instanceof Error && thrown.name === "AbortError");
}
