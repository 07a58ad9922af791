import { type ReeveError, reeveError } from "@reeve/contract";
import type { CompiledQuery, QueryResult } from "kysely";
import type { Session } from "../backend.ts";
import type { SchemaChange } from "../schema-change.ts";
import type { StoreLayout } from "../store-layout.ts";
import type { Connection } from "./connection.ts";
import { schemaSql } from "./schema-sql.ts";

const ended = () =>
  reeveError("STORE_MISUSE", "this transaction has ended; everything it does must be awaited inside its function");

/** One transaction's hold on the writing connection. */
export class WriteSession implements Session {
  readonly #connection: Connection;
  readonly #schemaChanged: () => void;
  #refusal: (() => ReeveError) | undefined;
  #lost: ReeveError | undefined;

  constructor(connection: Connection, schemaChanged: () => void) {
    this.#connection = connection;
    this.#schemaChanged = schemaChanged;
  }

  /** Set when SQLite itself rolled back: after a full disk or an I/O error it ends the whole transaction. */
  get lost(): ReeveError | undefined {
    return this.#lost;
  }

  async execute(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>> {
    return this.#attempt(() => this.#connection.execute(layout, query));
  }

  async change(layout: StoreLayout, change: SchemaChange): Promise<void> {
    this.#attempt(() => this.#connection.command(schemaSql(layout, change)));
    this.#schemaChanged();
  }

  async hasTable(name: string): Promise<boolean> {
    return this.#attempt(() => this.#connection.rows(tableNames)).some((row) => row.name === name);
  }

  /** Nothing works through it any more. */
  end(refusal: () => ReeveError = ended): void {
    this.#refusal ??= refusal;
  }

  #attempt<R>(action: () => R): R {
    if (this.#refusal) throw this.#refusal();
    if (this.#lost) throw this.#lost;
    try {
      return action();
    } catch (error) {
      // What came after would be committed by itself, statement by statement.
      if (!this.#connection.inTransaction) this.#lost = error as ReeveError;
      throw error;
    }
  }
}

export const tableNames = "select name from sqlite_schema where type = 'table'";
