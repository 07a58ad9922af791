import { AsyncLocalStorage } from "node:async_hooks";
import { ReeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { Registration, Registry } from "../registry/index.ts";
import { type IdempotencyKey, keyText } from "../rpc/idempotency-key.ts";
import type { Database, Session, TransactionHook } from "../store/index.ts";
import type { Counter } from "../telemetry/counters.ts";
import type { Logger } from "../telemetry/index.ts";
import { carriedOut } from "./carried-out.ts";
import { CastKeys } from "./cast-keys.ts";
import { KeyRows } from "./key-rows.ts";
import { type KeyRow, keyStore } from "./key-store.ts";
import { type KeyedCall, KeyedRun } from "./keyed-call.ts";
import { lookingUp } from "./looking-up.ts";
import { encodeAnswer, failureChanges, isSettled, remembered, rememberedCast, stillRunning } from "./remembered.ts";
import { workStore } from "./work-store.ts";

export interface IdempotencyKeysOptions {
  readonly database: Database;
  readonly registry: Registry;
  readonly registration: Registration;
  readonly clock: Clock;
  readonly log: Logger;
  /** The call whose code runs now, the innermost one; calls are told apart by it. Default: as far as it is known, every one. */
  readonly current?: () => object | undefined;
  /** Whether a value would do as the answer of an operation. Never asked of undefined. Default: none does. */
  readonly isAnswer?: (operation: string, value: unknown) => boolean;
  /** How long a key and its answer are kept. Default 24 h. */
  readonly retentionMs?: number;
  /** Counts acknowledged casts of which no key is kept for their caller. Default: nobody counts. */
  readonly unknownCasts?: Counter | undefined;
  /** Keys of durable casts that are kept for one caller. Default 10,000. */
  readonly maxCasts?: number | undefined;
}

const defaultRetentionMs = 86_400_000;
const bounded = { timeoutMs: 10_000 };

/** Keeps the keys of calls, and their answers, in the transactions that do their work: a repeated call does nothing twice. */
export class IdempotencyKeys {
  /** Belongs into the store of the same incarnation, after its fence. */
  readonly hook: TransactionHook;
  readonly #options: IdempotencyKeysOptions;
  readonly #retentionMs: number;
  readonly #rows: KeyRows;
  readonly #casts: CastKeys;
  readonly #runs = new AsyncLocalStorage<KeyedRun | undefined>();
  readonly #running = new Map<string, KeyedRun>();
  #purgedAtMs: number;

  private constructor(options: IdempotencyKeysOptions) {
    this.#options = options;
    this.#retentionMs = options.retentionMs ?? defaultRetentionMs;
    this.#rows = new KeyRows(options.database);
    const { database, registration, unknownCasts: unknown, maxCasts: perCaster } = options;
    this.#casts = new CastKeys({ database, registration, rows: this.#rows, unknown, perCaster });
    // In a life that ends within the hour it must be done as well.
    this.#purgedAtMs = Number.NEGATIVE_INFINITY;
    this.hook = {
      begin: (session) => this.#begin(session),
      end: (session, result) => this.#end(session, result),
      committed: () => this.#committed(),
    };
  }

  static async open(options: IdempotencyKeysOptions): Promise<IdempotencyKeys> {
    await options.database.migrate(keyStore);
    await options.database.migrate(workStore);
    return new IdempotencyKeys(options);
  }

  /**
   * Runs `fn` under a key: its first committed transaction keeps the key, its end the answer. When the key is known, `fn`
   * does not run, and the kept answer or error is given. A run that fails before it commits anything leaves no key.
   *
   * @throws ReeveError `DUPLICATE_KEY` when the call still runs, its work is not recovered or its answer is not known;
   * `INVALID_INPUT` when the key was used with another input; for durable casts `INTERRUPTED`, `CASTS_FULL`
   */
  async within<R>(call: KeyedCall, fn: () => Promise<R>): Promise<R> {
    const { registration, clock } = this.#options;
    const run = new KeyedRun(call, registration, new Date(clock.wallNow()));
    const place = keyText(call.id);
    const other = this.#running.get(place);
    if (other) {
      run.requireSame(other.row);
      throw stillRunning({ ...run.row, resource: other.resource });
    }
    this.#running.set(place, run);
    try {
      const known = await lookingUp(() => this.#known(run));
      if (run.abandoned) throw run.abandoned;
      return known ? ((await this.#recall(run, known)) as R) : await this.#run(run, fn);
    } finally {
      // Abandoned, it may have been run again.
      if (this.#running.get(place) === run) this.#running.delete(place);
    }
  }

  /** Drops the keys of casts that their caller keeps no more. Resolves when that is committed. */
  acknowledge(caster: string, ids: readonly string[]): Promise<void> {
    return this.#casts.acknowledge(caster, ids);
  }

  /** Runs what belongs to no call, whoever caused it: a recovery. */
  outside<R>(action: () => R): R {
    return this.#runs.run(undefined, action);
  }

  /**
   * Waits no longer for the run under a key, which may never end: it commits nothing from here on. The key is settled by the
   * recovery of its work; where there is no work to recover, it has been interrupted, or is free if nothing was committed.
   */
  abandon(id: IdempotencyKey, error: ReeveError): void {
    const place = keyText(id);
    const run = this.#running.get(place);
    if (!run) return;
    run.abandoned = error;
    this.#running.delete(place);
    void this.#interrupt(run);
  }

  /** What is committed right now is committed before this. */
  async #interrupt({ row }: KeyedRun): Promise<void> {
    const { database, registration, log } = this.#options;
    try {
      await database.write(async (session) => {
        await registration.fence.begin?.(session);
        await this.#rows.interrupt(session, row);
      }, bounded);
    } catch (error) {
      const { operation, key } = row;
      log.warn(
        { operation, key, err: error },
        "it could not be noted that the call of an idempotency key was abandoned",
      );
    }
  }

  /** Forgets keys older than the retention, but for those of durable casts, by the wall clock; done on the way about hourly. Resolves with their number. */
  async purge(): Promise<number> {
    const { database, clock } = this.#options;
    this.#purgedAtMs = clock.now();
    const oldest = new Date(clock.wallNow() - this.#retentionMs);
    return database.write((session) => this.#rows.deleteOlderThan(session, oldest), bounded);
  }

  /** What an earlier run has left; of a cast without one, whether it may run. */
  async #known({ call: { id, caster, acknowledges }, row }: KeyedRun): Promise<KeyRow | undefined> {
    if (caster !== undefined && acknowledges !== undefined) await this.#casts.acknowledge(caster, acknowledges);
    const known = await this.#rows.find(row);
    if (!known && caster !== undefined) await this.#casts.admit(id, caster);
    return known;
  }

  async #run<R>(run: KeyedRun, fn: () => Promise<R>): Promise<R> {
    let answer: R;
    run.begun = true;
    try {
      answer = await this.#runs.run(run, fn);
    } catch (error) {
      run.ended = true;
      if (run.abandoned) throw error;
      if (run.conflict) return (await this.#recall(run, run.conflict)) as R;
      if (run.isOutdone(error)) return (await this.#keepRecovered(run)) as R;
      if (run.committed) await this.#keep(run, () => failureChanges(error));
      throw error;
    }
    run.ended = true;
    if (run.abandoned) return answer;
    if (run.conflict) return (await this.#recall(run, run.conflict)) as R;
    await this.#keep(run, () => ({ state: "answered", answer: encodeAnswer(answer) }));
    return answer;
  }

  async #recall(run: KeyedRun, known: KeyRow): Promise<unknown> {
    const { caster } = run.call;
    run.requireSame(known);
    const left = await lookingUp(() => this.#left(run, known));
    return caster === undefined ? remembered(left) : rememberedCast(left);
  }

  /** How the key is, now that nothing of it runs any more. @throws ReeveError `DUPLICATE_KEY` where something does */
  async #left({ call: { caster } }: KeyedRun, known: KeyRow): Promise<KeyRow> {
    if (caster !== undefined) await this.#casts.handOver(known, caster);
    if (isSettled(known)) return known;
    if (known.state === "running" && (await this.#runsElsewhere(known))) throw stillRunning(known);
    if (await this.#rows.hasWork(known)) throw stillRunning(known);
    // Read after its work: what recovers that, settles the key in the same commit.
    return (await this.#rows.find(known)) ?? known;
  }

  /** Recovery finished what the run could not: that is the answer, for its first caller too. */
  async #keepRecovered(run: KeyedRun): Promise<unknown> {
    const { answer } = run.recovered!;
    await this.#keep(run, () => ({ state: "answered", answer: encodeAnswer(answer) }));
    return answer;
  }

  /** This incarnation's own runs are in `#running`: a row of its own that says so was left by a failed commit of the answer. */
  async #runsElsewhere({ address, epoch }: KeyRow): Promise<boolean> {
    const { registry, registration } = this.#options;
    if (address === registration.address && epoch === registration.epoch) return false;
    return registry.isCurrent({ manager: registration.manager, address }, epoch);
  }

  /** The work is done whatever becomes of this: without it, a repeated call gets the provisional answer or `DUPLICATE_KEY`. */
  async #keep(run: KeyedRun, changes: () => Pick<KeyRow, "state" | "answer">): Promise<void> {
    const { database, registration, clock, log } = this.#options;
    try {
      const kept = changes();
      await database.write(async (session) => {
        await registration.fence.begin?.(session);
        if (run.committed) await this.#rows.update(session, run.row, await this.#openWhileWorked(session, run, kept));
        else await this.#rows.insert(session, { ...run.row, ...kept });
      }, bounded);
      if (clock.now() - this.#purgedAtMs > Math.min(this.#retentionMs, 3_600_000)) await this.purge();
    } catch (error) {
      const { operation, key } = run.row;
      log.warn({ operation, key, err: error }, "the answer of a call could not be kept under its idempotency key");
    }
  }

  /** What a failed run has left unfinished, recovery will settle, and the key with it. */
  async #openWhileWorked(session: Session, { row }: KeyedRun, kept: Pick<KeyRow, "state" | "answer">) {
    if (kept.state === "answered" || !(await this.#rows.hasWork(row, session))) return kept;
    return { state: "interrupted", answer: null } as const;
  }

  async #begin(session: Session): Promise<void> {
    const run = this.#current();
    if (run?.abandoned) throw run.abandoned;
    if (!run || run.committed) return;
    try {
      await this.#rows.insert(session, run.row);
    } catch (error) {
      if (!(error instanceof ReeveError) || error.reason !== "ROW_EXISTS") throw error;
      run.conflict = await this.#rows.find(run.row, session);
      throw stillRunning(run.row);
    }
  }

  async #end(session: Session, result: unknown): Promise<void> {
    const run = this.#current();
    if (run?.abandoned) throw run.abandoned;
    if (!run) return;
    const answers = run.answers(result);
    if (!answers && !(await this.#endsWork(session, run))) return;
    await this.#rows.update(session, run.row, { provisional: encodeAnswer(answers ? result : carriedOut) });
  }

  /** A cast whose journalled work has ended is carried out, as it would be if recovery had ended that. */
  async #endsWork(session: Session, { call, resource, row }: KeyedRun): Promise<boolean> {
    return call.caster !== undefined && resource !== null && !(await this.#rows.hasWork(row, session));
  }

  #committed(): void {
    const run = this.#current();
    if (run) run.committed = true;
  }

  #current(): KeyedRun | undefined {
    const run = this.#runs.getStore();
    if (!run || run.ended) return undefined;
    const innermost = this.#options.current?.();
    const owner = run.call.call;
    return innermost === undefined || owner === undefined || innermost === owner ? run : undefined;
  }

  /** Work has begun under the key, in the transaction of this session. */
  async began(session: Session, id: IdempotencyKey, resource: string): Promise<void> {
    const run = this.#running.get(keyText(id));
    if (run) run.resource = resource;
    await this.#rows.update(session, id, { resource });
  }

  /**
   * Settles the key of work that was recovered, in the commit that clears the work: with what its recovery returned where that is
   * an answer, else as ended without one when no more work of the key is left. While its run goes on here, the run has the last word.
   *
   * @param error what the work had thrown, where that was in this incarnation
   * @returns what to call after the commit
   */
  async settle(session: Session, id: IdempotencyKey, result: unknown, error: unknown): Promise<() => void> {
    const row = await this.#rows.find(id, session);
    if (!row || isSettled(row)) return () => {};
    const answer = this.#answerOf(id, result);
    const run = this.#running.get(keyText(id));
    if (run?.begun) {
      if (answer === undefined) return () => {};
      await this.#rows.update(session, id, { provisional: answer });
      return () => {
        run.recovered = { answer: result, error };
      };
    }
    if (answer !== undefined) await this.#rows.update(session, id, { state: "answered", answer });
    else if (!(await this.#rows.hasWork(id, session))) {
      await this.#rows.update(session, id, { state: "ended", provisional: null });
    }
    return () => {};
  }

  #answerOf({ operation, key }: IdempotencyKey, result: unknown): string | undefined {
    if (result === undefined || this.#options.isAnswer?.(operation, result) !== true) return undefined;
    try {
      return encodeAnswer(result);
    } catch (error) {
      this.#options.log.warn({ operation, key, err: error }, "what recovery returned cannot be kept as an answer");
      return undefined;
    }
  }
}
