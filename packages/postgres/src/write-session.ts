import { ReeveError, reeveError } from "@reeve/contract";
import {
  checkSizes,
  quote,
  type SchemaChange,
  type Session,
  type StoreLayout,
  schemaSql,
  type WriteOptions,
} from "@reeve/runtime/store";
import type { CompiledQuery, QueryResult } from "kysely";
import type { Said, Statement, StatementResult } from "./batch.ts";
import { recordStatement, syncStatement, type TransactionRecord, unsynced } from "./commit-record.ts";
import type { Connection } from "./connection.ts";
import { isAborted, isConflict, isLoss, isStale, storeFailure } from "./errors.ts";
import type { QueryCheck } from "./query-check/query-check.ts";
import { queryResult } from "./query-result.ts";
import { schemaWords } from "./schema-sql.ts";
import { clockSql } from "./server-sql.ts";
import { encode } from "./values.ts";

const ended = () =>
  reeveError("STORE_MISUSE", "this transaction has ended; everything it does must be awaited inside its function");

const runsAgain = () =>
  reeveError("STORE_FAILED", "this transaction runs again from its beginning", { retryable: true });

export interface WriteSessionOptions {
  readonly connection: Connection;
  /** Names the database in messages. */
  readonly name: string;
  readonly schema: string;
  readonly check: QueryCheck;
  /** Keeps what was done before a statement that fails: costs each statement two more. */
  readonly savepoints: boolean;
  /** A table that no other transaction writes meanwhile. */
  readonly alone: WriteOptions["alone"];
  readonly overlapSync: WriteOptions["overlapSync"];
  /** A statement failed, as the server says it. */
  readonly failed: (error: unknown) => void;
  /** Why nothing more may be done in it, asked at each statement. */
  readonly overdue: () => ReeveError | undefined;
  /** Told whose tables it works on. */
  readonly worksOn: (layout: StoreLayout) => void;
}

/** Why an attempt at a transaction can come to nothing, and what then. */
export type Undone =
  /** What it had read was changed by another: it runs again. */
  | { readonly kind: "conflict"; readonly error: unknown }
  /** A table has changed under what was prepared: it runs again in another session. */
  | { readonly kind: "stale"; readonly error: unknown }
  /** The session is over. */
  | { readonly kind: "lost"; readonly error: unknown }
  /**
   * It went on after a statement that failed, be it one that it did not wait for: PostgreSQL allows that only from a savepoint
   * on. It runs again with these, and with each statement waited for.
   */
  | { readonly kind: "without-savepoints" };

/** A statement that goes with the next message. */
interface Later {
  readonly statement: Statement;
  readonly check: ((result: QueryResult<unknown>) => void) | undefined;
}

/** One attempt at a transaction. */
export class WriteSession implements Session {
  readonly #options: WriteSessionOptions;
  #refusal: (() => ReeveError) | undefined;
  #begun = false;
  #failed = false;
  #undone: Undone | undefined;
  #refused: { readonly error: unknown } | undefined;
  #later: Later[] = [];
  #wrote = false;
  #record: TransactionRecord | undefined;
  #committed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: WriteSessionOptions) {
    this.#options = options;
  }

  /** Set when nothing of it can be kept, though its body may not know. */
  get undone(): Undone | undefined {
    return this.#undone;
  }

  /** Set when a check has refused it, whatever its body made of that. */
  get refused(): { readonly error: unknown } | undefined {
    return this.#refused;
  }

  /** The server refuses what else it is asked in it, at once. */
  get aborted(): boolean {
    return this.#failed;
  }

  /** Whether the server has said that it is committed: what failed after that says only that it may not last. */
  get committed(): boolean {
    return this.#committed;
  }

  /** By what it can be asked for once it has ended; undefined where it has changed nothing. */
  get record(): TransactionRecord | undefined {
    return this.#record;
  }

  async execute(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>> {
    return queryResult(await this.#run(this.#statement(layout, query), layout));
  }

  async executeLater(
    layout: StoreLayout,
    query: CompiledQuery,
    check?: (result: QueryResult<unknown>) => void,
  ): Promise<void> {
    const statement = this.#statement(layout, query);
    if (!this.#options.savepoints) return void this.#later.push({ statement, check });
    const result = await this.#run(statement, layout);
    this.#check(check, result);
  }

  async change(layout: StoreLayout, change: SchemaChange): Promise<void> {
    this.#wrote = true;
    await this.#run({ text: schemaSql(layout, change, schemaWords) }, layout);
  }

  async now(): Promise<number> {
    const { rows } = await this.#run({ text: clockSql });
    return (rows[0] as { readonly now: number }).now;
  }

  async hasTable(name: string): Promise<boolean> {
    const text = "select from pg_catalog.pg_tables where schemaname = $1 and tablename = $2";
    return (await this.#run({ text, values: [this.#options.schema, name] })).count > 0;
  }

  /** Nothing works through it any more. */
  end(refusal: () => ReeveError = ended): void {
    this.#refusal ??= refusal;
  }

  /** Resolves when the server has said that it is committed and lasts. Rejects with what it or the network says, or when it is undone. */
  async commit(): Promise<void> {
    if (!this.#undone && this.#failed) this.#undone = { kind: "without-savepoints" };
    if (this.#undone) throw runsAgain();
    // What its body has not waited for is part of it, also where a savepoint takes it back.
    await this.#turn;
    if (this.#undone) throw runsAgain();
    if (this.#refused) throw this.#refused.error;
    if (!this.#begun && this.#later.length === 0) return;
    // A COMMIT that comes late is refused because its transaction was there before it was asked for: it never comes with the beginning.
    if (!this.#begun || this.#later.some(({ check }) => check)) await this.#say([]);
    await this.#say(this.#ending()).catch((error: unknown) => {
      // One that its body has not waited for has failed on its way.
      if (!isAborted(error)) throw error;
    });
    if (this.#committed) return;
    this.#undone = { kind: "without-savepoints" };
    throw runsAgain();
  }

  #ending(): readonly Statement[] {
    const { connection, overlapSync } = this.#options;
    const commit: Statement = { text: "commit" };
    // Also where it has written nothing: what it has seen of others may not last yet.
    if (!this.#wrote && !overlapSync) return [commit];
    const record = connection.nextRecord();
    this.#record = record;
    if (!overlapSync) return [recordStatement(record), commit];
    return [recordStatement(record), unsynced, commit, syncStatement(record)];
  }

  async rollBack(): Promise<void> {
    // A commit that fails has ended it, unless what is said just before it failed.
    if (this.#options.connection.inTransaction) await this.#options.connection.run([{ text: "rollback" }]);
  }

  #statement(layout: StoreLayout, query: CompiledQuery): Statement {
    this.#requireOpen();
    const { check, worksOn } = this.#options;
    if (check.check(layout, query.sql, true) === "writes") this.#wrote = true;
    const values = query.parameters.map(encode);
    checkSizes(values, query.sql, layout);
    worksOn(layout);
    return { text: query.sql, values };
  }

  #requireOpen(): void {
    if (this.#refused) throw this.#refused.error;
    if (this.#refusal) throw this.#refusal();
    const overdue = this.#options.overdue();
    if (overdue) {
      this.end(() => overdue);
      throw overdue;
    }
    if (!this.#undone && this.#failed) this.#undone = { kind: "without-savepoints" };
    if (this.#undone) throw runsAgain();
  }

  async #run(statement: Statement, layout?: StoreLayout): Promise<StatementResult> {
    this.#requireOpen();
    try {
      return await (this.#options.savepoints ? this.#inTurn(statement) : this.#plainly(statement));
    } catch (error) {
      if (this.#refused) throw this.#refused.error;
      this.#note(error);
      throw storeFailure(this.#options.name, error, layout);
    }
  }

  async #plainly(statement: Statement): Promise<StatementResult> {
    const [result] = await this.#say([statement]);
    return result!;
  }

  /** In one message, after what nobody waits for; the first goes with what begins the transaction. Returns what these gave. */
  async #say(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    const beginning = this.#begun ? [] : this.#beginning();
    this.#begun = true;
    const later = this.#later;
    this.#later = [];
    const before = [...beginning, ...later.map(({ statement }) => statement)];
    const { results, failure }: Said = await this.#options.connection.say([...before, ...statements]);
    this.#committed ||= results.some(({ command }) => command === "COMMIT");
    const laterResults = results.slice(beginning.length, before.length);
    for (const [index, result] of laterResults.entries()) this.#check(later[index]!.check, result);
    if (failure === undefined) return results.slice(before.length);
    this.#options.failed(failure);
    if (isStale(failure)) this.#undone ??= { kind: "stale", error: failure };
    const ofLater = results.length >= beginning.length && results.length < before.length;
    // Told where it is asked for, of which the body has been told nothing yet.
    if (ofLater && !isConflict(failure) && !isLoss(failure)) this.#undone ??= { kind: "without-savepoints" };
    throw failure;
  }

  /** What it throws stands, also where the body goes on as if nothing had happened. */
  #check(check: Later["check"], result: StatementResult): void {
    try {
      check?.(queryResult(result));
    } catch (error) {
      this.#refused ??= { error };
      throw error;
    }
  }

  /** A lock of a table takes no snapshot: what the transaction sees is as of when it has the lock, so that it is not in conflict with those before it. */
  #beginning(): readonly Statement[] {
    const { alone } = this.#options;
    if (!alone) return [beginning];
    const { physicalName } = alone.layout.tables.get(alone.table)!;
    return [beginning, { text: `lock table ${quote(physicalName)} in exclusive mode` }];
  }

  /** One after the other, so that none comes between one that fails and its savepoint. */
  #inTurn(statement: Statement): Promise<StatementResult> {
    const turn = this.#turn.then(() => {
      // It may have ended since: the session is somebody else's then.
      this.#requireOpen();
      return this.#fromSavepoint(statement);
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #fromSavepoint(statement: Statement): Promise<StatementResult> {
    const { connection } = this.#options;
    if (!this.#begun) {
      this.#begun = true;
      await connection.run(this.#beginning());
    }
    try {
      const [, result] = await connection.run([{ text: "savepoint brief" }, statement, { text: "release brief" }]);
      return result!;
    } catch (error) {
      this.#options.failed(error);
      if (!isConflict(error) && !isLoss(error))
        await connection.run([{ text: "rollback to brief" }, { text: "release brief" }]);
      throw error;
    }
  }

  #note(error: unknown): void {
    // Refused here, and never said to the server.
    if (error instanceof ReeveError) return;
    if (isConflict(error)) this.#undone ??= { kind: "conflict", error };
    else if (isStale(error)) this.#undone ??= { kind: "stale", error };
    else if (isLoss(error)) this.#undone ??= { kind: "lost", error };
    else if (!this.#options.savepoints) {
      this.#failed = true;
      // It was on its way when one before it failed, and says nothing of itself; with that one its function may have ended.
      if (isAborted(error) && !this.#refusal) this.#undone ??= { kind: "without-savepoints" };
    }
  }
}

const beginning: Statement = { text: "begin isolation level serializable" };
