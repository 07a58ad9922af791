import type { Context } from "../rpc/context.ts";
import type { StoreDefinition, Transaction } from "../store/index.ts";

/** Work that has begun and has not ended: one row of the journal. */
export interface Job<Payload = any> {
  readonly id: string;
  /** What kind of work it is: the name of the function in `recover` that finishes or undoes it. */
  readonly kind: string;
  /** What the work is done to. One job per resource. */
  readonly resource: string;
  readonly payload: Payload;
  /** The incarnation that began it. */
  readonly epoch: number;
  readonly address: string;
  /** How many attempts to recover it failed. */
  readonly failedRecoveries: number;
}

/** Finishes work, in the transaction that clears its journal row. */
export type Finish<D extends StoreDefinition, R> = (tx: Transaction<D>) => Promise<R> | R;

type Ending<D extends StoreDefinition, R> = Finish<D, R> | void;

export interface WorkContext {
  /** Aborted by fencing, the drain time-out or an explicit cancel; never because a caller left. */
  readonly signal: AbortSignal;
  /** Of this incarnation: a token for drivers that fence. */
  readonly epoch: number;
}

/** Does the work itself, outside any transaction, and returns what finishes it. */
export type Effect<D extends StoreDefinition, R> = (context: WorkContext) => Promise<Ending<D, R>>;

/**
 * What `recover` is given. Its refs carry the trace of this attempt on. While the manager is not open yet, calls to one that
 * does not serve fail with `NOT_SERVING` instead of waiting: recovery must not hang on who starts later.
 */
export interface RecoveryContext extends WorkContext, Context {
  readonly signal: AbortSignal;
  /** What the work threw, when that was in this incarnation; undefined after a crash. */
  readonly error: unknown;
}

/**
 * Finishes, undoes or marks work that a crash or a throw left behind. May run more than once, never twice at a time.
 * What it returns runs in the transaction that clears the row; a throw keeps the row and it is tried again.
 */
export type Recover<D extends StoreDefinition = any> = (
  job: Job,
  context: RecoveryContext,
) => Promise<Ending<D, unknown>> | Ending<D, unknown>;

export type Recoverers<D extends StoreDefinition = any> = Readonly<Record<string, Recover<D>>>;
