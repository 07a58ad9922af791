import { isDeepStrictEqual } from "node:util";
import { type ReeveError, reeveError } from "@reeve/contract";
import type { CompiledQuery, QueryResult } from "kysely";
import type { LoopTurn } from "../../base/loop-turn.ts";
import type { Session } from "../backend.ts";
import type { SchemaChange } from "../schema-change.ts";
import type { StoreLayout } from "../store-layout.ts";
import type { Connection } from "./connection.ts";
import { schemaSql } from "./schema-sql.ts";
import { tableNames } from "./schema-tables.ts";

const ended = () =>
  reeveError("STORE_MISUSE", "this transaction has ended; everything it does must be awaited inside its function");

export interface WriteSessionOptions {
  readonly connection: Connection;
  readonly turn: LoopTurn;
  readonly schemaChanged: () => void;
  /** Why nothing more may be done in it, asked at each statement: a timer may never get its turn. */
  readonly overdue: () => ReeveError | undefined;
}

/** A statement that was run, and what it gave: undefined where it failed. */
interface Step {
  readonly action: () => unknown;
  readonly result: unknown;
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

  async change(layout: StoreLayout, change: SchemaChange): Promise<void> {
    const { connection, schemaChanged } = this.#options;
    this.#attempt(() => connection.command(schemaSql(layout, change)));
    this.#changedSchema = true;
    schemaChanged();
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
    for (const { action, result } of this.#steps ?? []) {
      const again = attempt(action);
      // The body has seen other rows: a statement asked for what is random, or for the time.
      if (!isDeepStrictEqual(again, result)) this.#lost ??= notRepeatable();
    }
    this.#steps = undefined;
  }

  /** Nothing can be kept of it. */
  lose(error: ReeveError): void {
    this.#lost ??= error;
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
      this.#steps?.push({ action, result });
      return result;
    } catch (error) {
      this.#steps?.push({ action, result: undefined });
      // What came after would be committed by itself, statement by statement.
      if (!this.#options.connection.inTransaction) this.#lost = error as ReeveError;
      throw error;
    }
  }
}

function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function notRepeatable(): ReeveError {
  const why = "it awaited something other than its tx, and what it had read cannot be read again";
  return reeveError("STORE_FAILED", `a transaction was rolled back: ${why}; try again`, { retryable: true });
}
