import type { StoreDefinition, Transaction } from "../store/index.ts";
import type { BeginArguments, Effect, Job, JobKinds, JobOf, StreamEffect } from "./job.ts";

/** The work journal as a manager uses it: what has begun is finished or recovered, exactly once, whatever crashes. */
export interface Work<D extends StoreDefinition = any, J extends JobKinds = any> {
  /**
   * Writes the intent to do `kind` of work to `resource`, in the transaction that changes its status. Run the job next: one
   * that is not run within a minute goes to `recover`, and is not run any more. Within a call it keeps the call's principal and,
   * where the operation has `dedupe: "store"`, its idempotency key: `recover` acts for the one and answers the other.
   *
   * @param kind one of the manager's `jobs`
   * @param more the payload, where the kind has one: what `recover` needs to know, plain data, dates and bytes; then what the key
   * of the call that begins it stands for
   * @throws ReeveError `BUSY` when other work on the resource has begun and not ended; `INVALID_OPTION` when the kind is not declared
   */
  begin<K extends keyof J & string>(
    tx: Transaction<D>,
    kind: K,
    resource: string,
    ...more: BeginArguments<J[K]>
  ): Promise<JobOf<J[K]>>;
  /**
   * Does the work, then runs the function it returns in the transaction that clears the intent, and resolves with its result.
   * When anything throws, `recover` gets the job at once, and then the error is thrown on.
   */
  run<R = void>(job: Job, effect: Effect<D, R>): Promise<R>;
  /**
   * Does the work as `run` does, and yields its steps: for an operation that is a stream. It begins with the first step that is
   * asked for, and waits for its reader as a stream does. A reader that leaves ends no work: its steps are dropped, and the
   * operation ends when the work does. `cancel`, fencing and a drain abort `signal`, and end it at its next step.
   *
   * @throws ReeveError as `run`
   * @example
   * ```ts
   * async *copy({ id }, ctx) {
   *   const job = await store.transaction((tx) => work.begin(tx, "volume.copying", id));
   *   return yield* work.stream(job, async function* ({ signal }) {
   *     for await (const percent of driver.copy({ id }, { signal })) yield { percent };
   *     return (tx) => tx.update("volumes", id, { status: "available" });
   *   });
   * }
   * ```
   */
  stream<P, R = void>(job: Job, effect: StreamEffect<D, P, R>): AsyncGenerator<P, R, undefined>;
  /** Aborts the running work on a resource; false when none runs here. Its job goes to `recover`. */
  cancel(resource: string, reason?: unknown): boolean;
  /**
   * Refuses what is to be done to a resource whose last work has failed and is held: a driver call that it made still runs.
   * `begin` refuses it as well; this is for what is asked before, such as a status that such work leaves behind.
   *
   * @throws ReeveError `BUSY` as `begin`
   */
  requireReleased(tx: Transaction<D>, resource: string): Promise<void>;
  /**
   * What is being done to these resources now, by resource: what has begun and not ended, whoever holds it. A resource that is not
   * in it has nothing done to it. Reads what is committed: for showing it, not for deciding on it, as the work may have ended by then.
   *
   * @throws ReeveError `STORE_MISUSE` for more resources than one query takes: 32,766 on SQLite
   *
   * @example
   * ```ts
   * const underWay = await work.underWay(["volume-7"]);
   * console.log(underWay.get("volume-7")?.begunAt);
   * ```
   */
  underWay(resources: readonly string[]): Promise<ReadonlyMap<string, WorkUnderWay>>;
  /**
   * Deletes the intent of whatever work is done to a resource, with the rows of the resource itself: it is gone for good, so
   * nothing is left to finish or recover, whoever had begun it. That incarnation, should it come back, can settle nothing any more.
   *
   * @returns the kind of the work, or undefined when there was none
   */
  abandon(tx: Transaction<D>, resource: string): Promise<string | undefined>;
}

/** Work that has begun and not ended, as {@link Work.underWay} tells of it. */
export interface WorkUnderWay {
  readonly kind: string;
  readonly begunAt: Date;
  /** How many attempts to recover it failed. */
  readonly failedRecoveries: number;
  /** What the last of them failed with; null where none did. */
  readonly lastError: string | null;
}

/** What became of the rows found at boot or taken from a dead peer. */
export interface RecoveryReport {
  readonly recovered: number;
  /** Recovery threw; tried again with backoff. */
  readonly failed: number;
  /** No function in `recover` for the kind; kept, and reported each time. */
  readonly unknown: number;
  /** A driver call of an earlier incarnation of this process still runs; recovered when it has come to rest. */
  readonly held: number;
}
