import type { ReeveError } from "@reeve/contract";
import type { DeadlineWheel } from "../base/deadline-wheel.ts";
import type { LoopTurn } from "../base/loop-turn.ts";
import type { RoutedCall } from "./caller/routed-call.ts";

/** Told once how a call has ended for its caller, one or the other: a promise's own functions, or what answers another process. */
export type Resolve = (value: unknown) => void;
export type Reject = (error: ReeveError) => void;

/** What answers another process has both. */
export interface SettlePort {
  resolve(value: unknown): void;
  reject(error: ReeveError): void;
}

/** The caller's side of every call. */
export interface CallRouter {
  readonly wheel: DeadlineWheel;
  readonly turn: LoopTurn;
  /** Delivers a refused call to another callee; otherwise returns the error to end it with. */
  redirect(call: RoutedCall, error: ReeveError): ReeveError | undefined;
  newRequestId(): string;
  /** Gives the caller its answer. */
  resolve(resolve: Resolve, value: unknown): void;
  /** Gives the caller its error, through what it awaits. */
  reject(error: ReeveError, resolve: Resolve, reject: Reject): void;
}
