import type { ReeveError } from "@reeve/contract";
import type { IdempotencyKey } from "../idempotency-key.ts";
import type { Principal } from "../principal.ts";
import type { CallContext } from "./context.ts";
import type { RunningCall } from "./running-call.ts";

export type Handler = (input: any, context: CallContext) => unknown;

/** Whether a call may run: only `true` says yes. */
export type Authorize = (context: CallContext, operation: string, input: any) => Promise<boolean> | boolean;

/** A call that was refused for want of a right, before its handler. */
export interface RefusedCall {
  readonly operation: string;
  /** As the caller wrote it: nothing has looked at it. */
  readonly input: unknown;
  /** Who called, as the transport knows it. */
  readonly peer: string;
  /** It came from another process. */
  readonly remote: boolean;
  /** On whose behalf, believed or not. */
  readonly principal: Principal;
  readonly requestId: string | undefined;
  readonly error: ReeveError;
}

/** What a manager offers once its set-up has run. */
export interface Behaviour {
  readonly operations: Readonly<Record<string, Handler>>;
  readonly authorize?: Authorize | undefined;
  /** Told of calls that lack a role, or whose caller may not speak for whom it does. Must not throw. */
  readonly refused?: ((refusal: RefusedCall) => void) | undefined;
  /** By kind of work: where there is any, its handlers may journal work. */
  readonly recover?: Readonly<Record<string, unknown>> | undefined;
  /** What to do when nobody lives at the owner's address. */
  readonly whenOwnerGone?: string | undefined;
  readonly owner?: ((input: any) => Promise<string | null> | string | null) | undefined;
}

/** Runs a call with a stored idempotency key at most once, whatever crashes in between. */
export interface StoredKeys {
  once(call: RunningCall, run: () => Promise<unknown>): Promise<unknown>;
  /** A delivery of a durable cast that joins an earlier one acknowledges others. Resolves when their keys are gone. Default: nothing is kept. */
  acknowledge?(call: RunningCall): Promise<void>;
  /** Its run is not waited for any more: it commits nothing from here on, and its key is recovery's, or ends. Default: not told. */
  abandon?(id: IdempotencyKey, error: ReeveError): void;
}
