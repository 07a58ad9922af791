import { reeveError } from "@reeve/contract";
import { knownKeys, shown } from "../config/index.ts";
import type { Context } from "../rpc/callee/context.ts";
import type { IdempotencyKey } from "../rpc/idempotency-key.ts";
import type { Principal } from "../rpc/principal.ts";
import type { StoreDefinition, Transaction } from "../store/index.ts";

declare const payloadType: unique symbol;

/** A kind of work that a manager declares, made by {@link job}. */
export interface JobKind<Payload = undefined> {
  /** Carries the type of what `recover` is told; never present at run time. */
  readonly [payloadType]?: () => Payload;
}

/** The kinds of work that a manager declares, by name. */
export type JobKinds = Readonly<Record<string, JobKind<any>>>;

type PayloadOf<K> = 0 extends 1 & K ? any : K extends JobKind<infer Payload> ? Payload : never;

/** What `work.begin` is given after the resource: a payload where the kind has one. */
export type BeginArguments<K> =
  undefined extends PayloadOf<K>
    ? [payload?: PayloadOf<K>, options?: BeginOptions]
    : [payload: PayloadOf<K>, options?: BeginOptions];

export type JobOf<K> = Job<PayloadOf<K>>;

export interface JobOptions {
  /**
   * Its recovery changes rows only, and nothing of a backend: it may run at any host of the same database, so that an operator's
   * `host.cleanup` finishes it for a host that does not come back. Default false.
   */
  readonly rowsOnly?: boolean;
}

const kinds = new WeakMap<object, Required<JobOptions>>();

/**
 * Declares a kind of work, with the type of its payload: what `recover` needs to know, plain data, dates and bytes. Default: none.
 *
 * @example
 * ```ts
 * defineManager({ …, jobs: { "volume.creating": job<{ sizeGiB: number }>(), "quota.moving": job({ rowsOnly: true }) }, … });
 * ```
 *
 * @throws ReeveError `INVALID_OPTION` naming the option
 */
export function job<Payload = undefined>(options: JobOptions = {}): JobKind<NoInfer<Payload>> {
  knownKeys("job", options, ["rowsOnly"]);
  const { rowsOnly = false } = options;
  if (typeof rowsOnly !== "boolean")
    throw reeveError("INVALID_OPTION", `job: rowsOnly: expected true or false, got ${shown(rowsOnly)}`);
  const kind = Object.freeze({});
  kinds.set(kind, { rowsOnly });
  return kind;
}

/** Whether a kind's recovery changes rows only. */
export function isRowsOnly(kind: JobKind<any>): boolean {
  return kinds.get(kind)?.rowsOnly === true;
}

/** Whether {@link job} made it. */
export function isJobKind(value: unknown): value is JobKind<any> {
  return typeof value === "object" && value !== null && kinds.has(value);
}

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
  /** The idempotency key of the call that began it, where the operation has `dedupe: "store"` and the call a key. */
  readonly key: IdempotencyKey | undefined;
  /** On whose behalf it was begun; undefined where no call began it. */
  readonly principal: Principal | undefined;
}

/** What `work.begin` may be told besides. */
export interface BeginOptions {
  /**
   * What the call's idempotency key stands for, where that has another name than the journal's resource: the `data.resource` of
   * the `DUPLICATE_KEY` that a repetition gets while there is no answer. 1 to 200 characters. Default: the resource.
   */
  readonly keyStandsFor?: string;
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
 * The same, and yields how far it is. When its signal aborts it is asked to return at its next step. What it yields to a reader
 * that has gone is dropped.
 */
export type StreamEffect<D extends StoreDefinition, P, R> = (
  context: WorkContext,
) => AsyncGenerator<P, Ending<D, R>, undefined>;

/**
 * What `recover` is given. Its refs carry the trace of this attempt on. While the manager is not open yet, calls to one that
 * does not serve fail with `NOT_SERVING` instead of waiting: recovery must not hang on who starts later. It acts for the
 * principal of the call that began the work; where no call did, for the manager itself.
 */
export interface RecoveryContext extends WorkContext, Context {
  readonly signal: AbortSignal;
  /** What the work threw, when that was in this incarnation; undefined after a crash. */
  readonly error: unknown;
}

/**
 * Finishes, undoes or marks work that a crash or a throw interrupted. May run more than once, never twice at a time.
 * What it returns runs in the transaction that clears the row; a throw keeps the row and it is tried again. What that transaction
 * returns is the answer for the idempotency key of the call that began the work, if it is an answer of that operation; otherwise
 * the key ends without one, and a repetition gets `DUPLICATE_KEY` with `data.resource`.
 */
export type Recover<D extends StoreDefinition = any, Payload = any> = (
  job: Job<Payload>,
  context: RecoveryContext,
) => Promise<Ending<D, unknown>> | Ending<D, unknown>;

/** For each kind of work that is declared, what to do with one that was interrupted. */
export type Recoverers<D extends StoreDefinition = any, J extends JobKinds = any> = {
  readonly [K in keyof J]: Recover<D, PayloadOf<J[K]>>;
};
