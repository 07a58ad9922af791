import { isDeepStrictEqual } from "node:util";
import { type ReeveError, reeveError } from "@reeve/contract";
import type { CompiledQuery, QueryResult } from "kysely";
import type { Clock } from "../../base/clock.ts";
import type { LoopTurn } from "../../base/loop-turn.ts";
import type { Session } from "../backend.ts";
import type { SchemaChange } from "../schema-change.ts";
import { schemaSql } from "../schema-sql.ts";
import type { StoreLayout } from "../store-layout.ts";
import type { Connection } from "./connection.ts";
import { schemaWords } from "./schema-sql.ts";
import { tableNames } from "./schema-tables.ts";

const ended = () =>
  reeveError("STORE_MISUSE", "this transaction has ended; everything it does must be awaited inside its function");

export interface WriteSessionOptions {
  readonly connection: Connection;
  readonly clock: Pick<Clock, "wallNow">;
  readonly turn: LoopTurn;
  readonly schemaChanged: () => void;
  /** Why nothing more may be done in it, asked at each statement: a timer may never get its turn. */
  readonly overdue: () => ReeveError | undefined;
}

/** What a statement gave, or why it failed. */
type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** A statement that was run. */
interface Step {
  readonly action: () => unknown;
  readonly outcome: Outcome;
}

/** One transaction's hold on the writing connection. */
export class WriteSession implements Session {
  readonly #options: WriteSessionOptions;
  #refusal: (() => ReeveError) | undefined;
  #lost: ReeveError | undefined;
  #changedSchema = false;
  #steps: Step[] | undefined;

  constructor(options: WriteSessionOptions) {
    this.#options = options;
  }

  /** Set when nothing of it can be kept: it took too long, or SQLite itself rolled back, as after a full disk or an I/O error. */
  get lost(): ReeveError | undefined {
    return this.#lost;
  }

  get changedSchema(): boolean {
    return this.#changedSchema;
  }

  async execute(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>> {
    const { connection, turn } = this.#options;
    if (turn.look()) await turn.turned();
    return this.#attempt(() => connection.execute(layout, query));
  }

  async executeLater(
    layout: StoreLayout,
    query: CompiledQuery,
    check?: (result: QueryResult<unknown>) => void,
  ): Promise<void> {
    const result = await this.execute(layout, query);
    check?.(result);
  }

  async change(layout: StoreLayout, change: SchemaChange): Promise<void> {
    const { connection, schemaChanged } = this.#options;
    this.#attempt(() => connection.command(schemaSql(layout, change, schemaWords)));
    this.#changedSchema = true;
    schemaChanged();
  }

  async now(): Promise<number> {
    return this.#options.clock.wallNow();
  }

  async hasTable(name: string): Promise<boolean> {
    return this.#attempt(() => this.#options.connection.rows(tableNames)).some((row) => row.name === name);
  }

  /** Remembers what it does, to be repeated. */
  remember(): void {
    this.#steps = [];
  }

  /** Does again what it has done, after a rollback to its beginning; what it does from here on is not remembered. */
  repeat(): void {
    const steps = this.#steps ?? [];
    this.#steps = undefined;
    for (const { action, outcome } of steps) {
      const again = attempt(action);
      // SQLite gave the transaction up: what comes after would be committed by itself, statement by statement.
      if (!this.#options.connection.inTransaction) return this.lose("error" in again ? again.error : notRepeatable());
      // The body has seen other rows: a statement asked for what is random, or for the time.
      if (!isDeepStrictEqual(seen(again), seen(outcome))) return this.lose(notRepeatable());
    }
  }

  /** Nothing can be kept of it. */
  lose(error: unknown): void {
    this.#lost ??= error as ReeveError;
  }

  /** Nothing works through it any more. */
  end(refusal: () => ReeveError = ended): void {
    this.#refusal ??= refusal;
  }

  #attempt<R>(action: () => R): R {
    if (this.#refusal) throw this.#refusal();
    this.#lost ??= this.#options.overdue();
    if (this.#lost) throw this.#lost;
    try {
      const result = action();
      this.#steps?.push({ action, outcome: { result } });
      return result;
    } catch (error) {
      this.#steps?.push({ action, outcome: { error } });
      // What came after would be committed by itself, statement by statement.
      if (!this.#options.connection.inTransaction) this.#lost = error as ReeveError;
      throw error;
    }
  }
}

function attempt(action: () => unknown): Outcome {
  try {
    return { result: action() };
  } catch (error) {
    return { error };
  }
}

/** What a body can tell an outcome by. */
function seen(outcome: Outcome): unknown {
  if ("error" in outcome) return (outcome.error as ReeveError).message;
  const { result } = outcome;
  if (!isQueryResult(result)) return result;
  // The key of the row that the connection inserted last, also after a statement that inserted none.
  const { insertId, ...rest } = result;
  return rest;
}

function isQueryResult(result: unknown): result is QueryResult<unknown> {
  return typeof result === "object" && result !== null && "rows" in result;
}

function notRepeatable(): ReeveError {
  const why = "it awaited something other than its tx, and what it had read cannot be read again";
  return reeveError("STORE_FAILED", `a transaction was rolled back: ${why}; try again`, { retryable: true });
}
