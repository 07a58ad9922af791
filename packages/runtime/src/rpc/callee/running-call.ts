import type { Contract, ReeveError } from "@reeve/contract";
import type { CompiledOperation } from "@reeve/contract/internal";
import type { LoopTurn } from "../../base/loop-turn.ts";
import type { ChainLink } from "../../mailbox/chain.ts";
import type { CallHost } from "../call-host.ts";
import type { CallTrace } from "../call-trace.ts";
import type { Cancellable, Origin } from "../origin.ts";
import type { Principal } from "../principal.ts";
import type { CallWork } from "./call-work.ts";
import type { ProgressSink } from "./progress.ts";
import type { Replay } from "./replay.ts";
import type { Served } from "./served.ts";

/** A call as those see it that run its handler, and as the handler's context shows it. It is the origin of the calls that the handler makes. */
export interface RunningCall extends ChainLink, Origin {
  /** Its caller has been told how it ended. */
  readonly settled: boolean;
  readonly contract: Contract;
  readonly operation: CompiledOperation;
  /** The operation as the manager's own contract has it. */
  readonly offered: Served | undefined;
  /** As the caller wrote it. */
  readonly input: unknown;
  /** What the manager's schema made of its input. */
  readonly parsed: unknown;
  /** The whole time it is given. */
  readonly timeoutMs: number;
  readonly idempotencyKey: string | undefined;
  /** Durable casts of the same caller that its outbox keeps no more: their keys may go. */
  readonly acknowledges: readonly string[] | undefined;
  readonly requestId: string;
  /** Who called. */
  readonly caller: string;
  /** The caller is another process. */
  readonly remoteCaller: boolean;
  readonly principal: Principal;
  /** Aborts on deadline, cancel and loss of the caller; with a key at its own deadline. */
  readonly signal: AbortSignal;
  /** Why its handler was told to end. */
  readonly abortReason: ReeveError | undefined;
  /** A cast of which its caller was told that it is taken in: nobody waits for its end. */
  readonly accepted: boolean;
  /** Where a stream's progress goes. */
  readonly progress: ProgressSink | undefined;
  /** Where its answer is remembered for repetitions of it. */
  readonly replay: Replay | undefined;
  /** What it works on, for people: the resource of its journalled work, or else its lane. */
  readonly resource: string | undefined;
  /** Lets the event loop turn. */
  readonly turn: LoopTurn;
  /** What it does that outlasts its caller's interest, where it does such a thing. */
  work: CallWork | undefined;
  /** What an observer sees of it. */
  trace: CallTrace | undefined;
  /** Who is told when it ends from outside. */
  host: CallHost<this> | undefined;
  /** Fixes its deadline where its time has not begun to run. */
  startClock(now: number): void;
  /** Its time runs from now, if it did not before, and its deadline is watched. */
  watchDeadline(now: number): void;
  adopt(nested: Cancellable): () => void;
  /** The manager has taken it in: all that the caller of a cast waits for. */
  accept(): void;
  succeed(value: unknown): void;
  fail(error: ReeveError): void;
  /** Ends the caller's wait and aborts the handler, which may go on until it notices. */
  abort(error: ReeveError): void;
}
