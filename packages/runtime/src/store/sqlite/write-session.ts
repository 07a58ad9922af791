import { type ReeveError, reeveError } from "@reeve/contract";
import type { CompiledQuery, QueryResult } from "kysely";
import type { LoopTurns } from "../../base/loop-turns.ts";
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
  readonly turns: LoopTurns;
  readonly schemaChanged: () => void;
  /** Why nothing more may be done in it, asked at each statement: a timer may never get its turn. */
  readonly overdue: () => ReeveError | undefined;
}

/** One transaction's hold on the writing connection. */
export class WriteSession implements Session {
  readonly #options: WriteSessionOptions;
  #refusal: (() => ReeveError) | undefined;
  #lost: ReeveError | undefined;
  #changedSchema = false;

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
    const { connection, turns } = this.#options;
    if (turns.due) await turns.next();
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

  /** Nothing works through it any more. */
  end(refusal: () => ReeveError = ended): void {
    this.#refusal ??= refusal;
  }

  #attempt<R>(action: () => R): R {
    if (this.#refusal) throw this.#refusal();
    this.#lost ??= this.#options.overdue();
    if (this.#lost) throw this.#lost;
    try {
      return action();
    } catch (error) {
      // What came after would be committed by itself, statement by statement.
      if (!this.#options.connection.inTransaction) this.#lost = error as ReeveError;
      throw error;
    }
  }
}
