import {
  type AnyContract,
  type ErrorData,
  type ErrorSpec,
  type ErrorSpecs,
  type Input,
  ReeveError,
  type Ref,
  reeveError,
} from "@reeve/contract";
import { type CompiledOperation, issuesOf } from "@reeve/contract/internal";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { CastKeeper } from "../caller/cast-keeper.ts";
import type { Origin } from "../origin.ts";
import type { Principal } from "../principal.ts";
import type { RunningCall } from "./running-call.ts";

/** What a manager's code is given with everything it runs. Refs made from it carry deadline, chain and principal on. */
export interface Context {
  /**
   * Aborts when the work is no longer wanted: deadline, cancel, caller gone, manager stopping. In a call with an idempotency key the
   * caller's departure aborts nothing: only the operation's own timeout (or the longer one that the caller gave) and the manager's
   * stopping do.
   */
  readonly signal: AbortSignal;
  /** Bound to the manager, its address and this request. */
  readonly log: Logger;
  /**
   * On whose behalf this runs. Refs made here carry it on. A hook and a periodic task act as the system, with every role; a
   * recovery acts for whom its work was begun.
   */
  readonly principal: Principal;
  /** Who called, as the transport knows it: a host, or the `manager/address` whose operation did. */
  readonly peer: string;
  /** One id for everything that follows from one outer call. */
  readonly requestId: string;
  /** In W3C trace context, where an observer or a caller gives one: what the calls made here carry on. */
  readonly traceparent?: string | undefined;
  ref<C extends AnyContract>(contract: C): Ref<C>;
}

/** A {@link Context} of one operation. */
export interface OperationContext<E extends ErrorSpecs = {}> extends Context {
  /** Whether the call came from another process. One of a manager of this process did not, whoever had called that. */
  readonly remote: boolean;
  readonly idempotencyKey: string | undefined;
  /** When the caller stops waiting, in milliseconds on the clock of the manager's handles; infinite where nothing bounds it. */
  readonly deadlineAt: number;
  /** Throws an error that the operation declares. */
  fail<K extends keyof E & string>(reason: K, data: E[K] extends ErrorSpec ? Input<ErrorData<E[K]>> : never): never;
}

/** @param casts where its durable casts are kept; default: where those of the process are */
export type RefMaker = <C extends AnyContract>(contract: C, origin: Origin, casts?: CastKeeper | undefined) => Ref<C>;

/** What the contexts of one service have in common. */
export interface ContextPort {
  readonly refs: RefMaker;
  readonly log: Logger;
  readonly clock: Pick<Clock, "now">;
}

/** The context of a running call. Everything that costs is made when first asked for. */
export class CallContext implements OperationContext<any> {
  readonly #call: RunningCall;
  readonly #port: ContextPort;
  #log: Logger | undefined = undefined;

  constructor(call: RunningCall, port: ContextPort) {
    this.#call = call;
    this.#port = port;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  get log(): Logger {
    this.#log ??= this.#port.log.child({ requestId: this.requestId, operation: this.#call.operation.name });
    return this.#log;
  }

  get principal(): Principal {
    return this.#call.principal;
  }

  get peer(): string {
    return this.#call.caller;
  }

  get remote(): boolean {
    return this.#call.remoteCaller;
  }

  get requestId(): string {
    return this.#call.requestId;
  }

  get traceparent(): string | undefined {
    return this.#call.traceparent;
  }

  get idempotencyKey(): string | undefined {
    return this.#call.idempotencyKey;
  }

  get deadlineAt(): number {
    this.#call.startClock(this.#port.clock.now());
    return this.#call.deadlineAt;
  }

  ref<C extends AnyContract>(contract: C): Ref<C> {
    return this.#port.refs(contract, this.#call);
  }

  fail(reason: string, data: unknown): never {
    throw declaredError(this.#call.operation, reason, data);
  }
}

function declaredError(operation: CompiledOperation, reason: string, data: unknown): Error {
  const declared = operation.errors.get(reason);
  if (!declared) return new TypeError(`${operation.name} declares no error ${JSON.stringify(reason)}`);
  const parsed = declared.data["~standard"].validate(data);
  if (parsed instanceof Promise) {
    parsed.catch(() => undefined);
    return new TypeError(`error ${reason}: its schema must not be asynchronous`);
  }
  if (parsed.issues) {
    const issues = issuesOf(parsed.issues);
    return reeveError("INVALID_OUTPUT", `${operation.name}: data of ${reason}`, { data: { issues } });
  }
  return new ReeveError({
    code: declared.code,
    retryable: declared.retryable,
    reason,
    message: `${operation.name}: ${reason}`,
    outcome: "executed",
    data: parsed.value,
  });
}
