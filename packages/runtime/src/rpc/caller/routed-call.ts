import type { Contract, ReeveError } from "@reeve/contract";
import type { CompiledOperation } from "@reeve/contract/internal";
import type { ChainLink } from "../../mailbox/chain.ts";
import type { CallHost } from "../call-host.ts";
import type { CallStage } from "../call-stage.ts";
import type { CallTrace } from "../call-trace.ts";
import type { ProgressSink } from "../callee/progress.ts";
import type { ReceivedCall } from "../callee/received-call.ts";
import type { Served } from "../callee/served.ts";
import type { Cancellable, Origin } from "../origin.ts";
import type { Targets } from "./targets.ts";

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
  /** Of this process, where another one has its address: that is called instead, if it is known. */
  readonly yielded?: boolean;
  /** Identifies the store that its keys are kept in; undefined where that is not known. */
  readonly store?: string | undefined;
  /** Takes the call over: from here it is settled by the callee, its deadline or its caller. */
  deliver(call: DeliveredCall): void;
}

/** What a ref is bound to: who calls, and whom. */
export interface Binding {
  readonly origin: Origin;
  /** The live managers of the contract. The list changes as they come and go. */
  readonly targets: Targets<LocalTarget>;
  /** Where `.at()` points: an address, or a cluster. */
  readonly address: string | undefined;
}

/** Where a call has been that was not done there, as far as is known. */
export interface Attempt {
  readonly target: LocalTarget;
  readonly error: ReeveError;
}

/** A call as those see it that make it and find somebody to answer it, in this process or another. */
export interface RoutedCall extends Cancellable {
  readonly stage: CallStage;
  /** Its caller has been told how it ended. */
  readonly settled: boolean;
  /** It has its turn in a manager of this process. */
  readonly running: boolean;
  /** The operation as the caller's contract has it. */
  readonly served: Served;
  readonly contract: Contract;
  readonly operation: CompiledOperation;
  readonly binding: Binding;
  readonly parent: ChainLink | undefined;
  /** As the caller wrote it. */
  readonly input: unknown;
  /** The whole time it is given. */
  readonly timeoutMs: number;
  /** Infinite until its time begins to run. */
  readonly deadlineAt: number;
  /** Its deadline is watched. */
  readonly watched: boolean;
  /** Why it was ended from outside, if it was. */
  readonly abortReason: ReeveError | undefined;
  /** Who was given it last. */
  readonly target: LocalTarget | undefined;
  readonly attempts: readonly Attempt[] | undefined;
  /** What an attempt has left that may have run it: what is left undone after that does not undo it. */
  readonly mayHaveRun: ReeveError | undefined;
  readonly requestId: string;
  /** In W3C trace context: what it carries to its callee. */
  readonly traceparent: string | undefined;
  idempotencyKey: string | undefined;
  /** Durable casts of the same caller that its outbox keeps no more: their keys may go. */
  acknowledges: readonly string[] | undefined;
  /** What an observer sees of it. */
  trace: CallTrace | undefined;
  /** Where a stream's progress goes. */
  progress: ProgressSink | undefined;
  /** Who is told when it ends from outside. */
  host: CallHost<this> | undefined;
  /** Its time runs from now, if it did not before, and its deadline is watched. */
  watchDeadline(now: number): void;
  /** Calls back once, when the caller's interest in it ends, with the error that it ends with. */
  onDetach(callback: (error?: ReeveError) => void): void;
  deliver(target: LocalTarget): void;
  /** Whoever was given it last has left this of it. */
  attempted(error: ReeveError): void;
  /** It was handed to the socket: from here on it may run there. @param manager `manager/address` */
  sent(manager: string): void;
  /** It is known that it did not run where it was sent. */
  unsent(): void;
  succeed(value: unknown): void;
  fail(error: ReeveError): void;
  /** Whoever was given it will not run it; another may. Returns the error that ended it, or nothing when another has it. */
  refuse(error: ReeveError): ReeveError | undefined;
  /** Its deadline has passed. */
  expire(): void;
  /** Ends it from outside. */
  abort(error: ReeveError): void;
}

/** A call on its way to a target: one of this process sees it as received, one that stands for another process as routed. */
export type DeliveredCall = RoutedCall & ReceivedCall;
