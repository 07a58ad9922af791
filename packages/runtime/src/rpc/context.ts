import {
  type AnyContract,
  type CompiledOperation,
  type ErrorData,
  type ErrorSpec,
  type ErrorSpecs,
  type Input,
  issuesOf,
  ReeveError,
  type Ref,
  reeveError,
} from "@reeve/contract";
import type { Logger } from "../telemetry/logger.ts";
import type { Call } from "./call.ts";
import type { Origin } from "./origin.ts";
import type { Principal } from "./principal.ts";

/** What a manager's code is given with everything it runs. Refs made from it carry deadline, chain and principal on. */
export interface Context {
  /** Aborts when the work is no longer wanted: deadline, cancel, caller gone, manager stopping. */
  readonly signal: AbortSignal;
  /** Bound to the manager, its address and this request. */
  readonly log: Logger;
  /** On whose behalf this runs. */
  readonly principal: Principal;
  /** Who called, as the transport knows it. */
  readonly peer: string;
  /** One id for everything that follows from one outer call. */
  readonly requestId: string;
  ref<C extends AnyContract>(contract: C): Ref<C>;
}

/** A {@link Context} of one operation. */
export interface OperationContext<E extends ErrorSpecs = {}> extends Context {
  readonly idempotencyKey: string | undefined;
  /** Throws an error that the operation declares. */
  fail<K extends keyof E & string>(reason: K, data: E[K] extends ErrorSpec ? Input<ErrorData<E[K]>> : never): never;
}

export type RefMaker = <C extends AnyContract>(contract: C, origin: Origin) => Ref<C>;

/** The context of a running call. Everything that costs is made when first asked for. */
export class CallContext implements OperationContext<any> {
  readonly #call: Call;
  readonly #operation: CompiledOperation;
  readonly #refs: RefMaker;
  readonly #log: Logger;
  #callLog: Logger | undefined = undefined;

  constructor(call: Call, operation: CompiledOperation, refs: RefMaker, log: Logger) {
    this.#call = call;
    this.#operation = operation;
    this.#refs = refs;
    this.#log = log;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  get log(): Logger {
    this.#callLog ??= this.#log.child({ requestId: this.requestId, operation: this.#operation.name });
    return this.#callLog;
  }

  get principal(): Principal {
    return this.#call.principal;
  }

  get peer(): string {
    return this.#call.peer;
  }

  get requestId(): string {
    return this.#call.requestId;
  }

  get idempotencyKey(): string | undefined {
    return this.#call.idempotencyKey;
  }

  ref<C extends AnyContract>(contract: C): Ref<C> {
    return this.#refs(contract, this.#call);
  }

  fail(reason: string, data: unknown): never {
    const declared = this.#operation.errors.get(reason);
    if (!declared) throw new TypeError(`${this.#operation.name} declares no error ${JSON.stringify(reason)}`);
    const parsed = declared.data["~standard"].validate(data);
    if (parsed instanceof Promise) throw new TypeError(`error ${reason}: its schema must not be asynchronous`);
    if (parsed.issues) {
      throw reeveError("INVALID_OUTPUT", `${this.#operation.name}: data of ${reason}`, {
        data: { issues: issuesOf(parsed.issues) },
      });
    }
    throw new ReeveError({
      code: declared.code,
      reason,
      message: `${this.#operation.name}: ${reason} ${JSON.stringify(parsed.value)}`,
      outcome: "executed",
      data: parsed.value,
    });
  }
}
