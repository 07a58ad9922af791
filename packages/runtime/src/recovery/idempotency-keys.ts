import { AsyncLocalStorage } from "node:async_hooks";
import { ReeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { Registration, Registry } from "../registry/index.ts";
import { type Database, encodePlain, type Session, type TransactionHook } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import { KeyRows } from "./key-rows.ts";
import { type KeyRow, keyStore } from "./key-store.ts";
import { type KeyedCall, KeyedRun } from "./keyed-call.ts";
import { failureChanges, remembered, stillRunning } from "./remembered.ts";

export interface IdempotencyKeysOptions {
  readonly database: Database;
  readonly registry: Registry;
  readonly registration: Registration;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a key and its answer are kept. Default 24 h. */
  readonly retentionMs?: number;
}

const defaultRetentionMs = 86_400_000;
const brief = { timeoutMs: 10_000, brief: true };

/** Keeps the keys of calls, and their answers, in the transactions that do their work: a repeated call does nothing twice. */
export class IdempotencyKeys {
  /** Belongs into the store of the same incarnation, after its fence. */
  readonly hook: TransactionHook;
  readonly #options: IdempotencyKeysOptions;
  readonly #retentionMs: number;
  readonly #rows: KeyRows;
  readonly #runs = new AsyncLocalStorage<KeyedRun>();
  readonly #running = new Map<string, KeyedRun>();
  #purgedAtMs: number;

  private constructor(options: IdempotencyKeysOptions) {
    this.#options = options;
    this.#retentionMs = options.retentionMs ?? defaultRetentionMs;
    this.#rows = new KeyRows(options.database);
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
    return new IdempotencyKeys(options);
  }

  /**
   * Runs `fn` under a key: its first committed transaction keeps the key, its end the answer. When the key is known, `fn`
   * does not run, and the kept answer or error is given. A run that fails before it commits anything leaves no key.
   *
   * @throws ReeveError `DUPLICATE_KEY` when the call still runs or its answer is not known; `INVALID_INPUT` when the key was
   * used for another operation or input
   */
  async within<R>(call: KeyedCall, fn: () => Promise<R>): Promise<R> {
    const { registration, clock } = this.#options;
    const run = new KeyedRun(call, registration, new Date(clock.wallNow()));
    const place = JSON.stringify([run.row.caller, run.row.key]);
    const other = this.#running.get(place);
    if (other) {
      run.requireSame(other.row);
      throw stillRunning(run.row);
    }
    this.#running.set(place, run);
    try {
      const known = await this.#rows.find(run.row);
      return known ? ((await this.#recall(run, known)) as R) : await this.#run(run, fn);
    } finally {
      this.#running.delete(place);
    }
  }

  /** Forgets keys older than the retention, by the wall clock; done on the way about hourly. Resolves with their number. */
  async purge(): Promise<number> {
    const { database, clock } = this.#options;
    this.#purgedAtMs = clock.now();
    const oldest = new Date(clock.wallNow() - this.#retentionMs);
    return database.write((session) => this.#rows.deleteOlderThan(session, oldest), brief);
  }

  async #run<R>(run: KeyedRun, fn: () => Promise<R>): Promise<R> {
    let answer: R;
    try {
      answer = await this.#runs.run(run, fn);
    } catch (error) {
      run.ended = true;
      if (run.conflict) return (await this.#recall(run, run.conflict)) as R;
      if (run.committed) await this.#keep(run, () => failureChanges(error));
      throw error;
    }
    run.ended = true;
    if (run.conflict) return (await this.#recall(run, run.conflict)) as R;
    await this.#keep(run, () => ({ state: "answered", answer: encodePlain("answer", answer) }));
    return answer;
  }

  async #recall(run: KeyedRun, known: KeyRow): Promise<unknown> {
    run.requireSame(known);
    if (known.state === "running" && (await this.#runsElsewhere(known))) throw stillRunning(known);
    return remembered(known);
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
        if (run.committed) await this.#rows.update(session, run.row, kept);
        else await this.#rows.insert(session, { ...run.row, ...kept });
      }, brief);
      if (clock.now() - this.#purgedAtMs > Math.min(this.#retentionMs, 3_600_000)) await this.purge();
    } catch (error) {
      const { operation, key } = run.row;
      log.warn({ operation, key, err: error }, "the answer of a call could not be kept under its idempotency key");
    }
  }

  async #begin(session: Session): Promise<void> {
    const run = this.#current();
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
    if (!run?.answers(result)) return;
    await this.#rows.update(session, run.row, { provisional: encodePlain("answer", result) });
  }

  #committed(): void {
    const run = this.#current();
    if (run) run.committed = true;
  }

  #current(): KeyedRun | undefined {
    const run = this.#runs.getStore();
    return run?.ended ? undefined : run;
  }
}
