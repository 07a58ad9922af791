import { reeveError } from "@reeve/contract";
import type { QueryCreator } from "kysely";
import type { StoreLayout, TableLayout } from "./store-layout.ts";

type Values = Readonly<Record<string, unknown>>;

/** Rows by their key: the everyday part of a store, without types of its own. */
export class RowAccess {
  readonly #layout: StoreLayout;
  readonly #queries: QueryCreator<any>;

  constructor(layout: StoreLayout, queries: QueryCreator<any>) {
    this.#layout = layout;
    this.#queries = queries;
  }

  async find(table: string, key: unknown): Promise<unknown> {
    return this.#where(this.#queries.selectFrom(table).selectAll(), table, key).executeTakeFirst();
  }

  async get(table: string, key: unknown): Promise<unknown> {
    return (await this.find(table, key)) ?? missing(table, key);
  }

  async insert(table: string, row: Values): Promise<unknown> {
    this.#table(table);
    return this.#queries.insertInto(table).values(row).returningAll().executeTakeFirstOrThrow();
  }

  async update(table: string, key: unknown, changes: Values): Promise<unknown> {
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    // Without a column to set there is no statement, but still a row to return.
    if (given.length === 0) return this.get(table, key);
    const query = this.#queries.updateTable(table).set(Object.fromEntries(given)).returningAll();
    return (await this.#where(query, table, key).executeTakeFirst()) ?? missing(table, key);
  }

  async delete(table: string, key: unknown): Promise<boolean> {
    const { numDeletedRows } = await this.#where(this.#queries.deleteFrom(table), table, key).executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  #where<Q extends { where(column: any, operator: "=", value: any): Q }>(query: Q, table: string, key: unknown): Q {
    const { key: columns } = this.#table(table);
    if (columns.length === 1) return query.where(columns[0], "=", key);
    return columns.reduce((narrowed, column) => narrowed.where(column, "=", (key as Values)[column]), query);
  }

  #table(name: string): TableLayout {
    const table = this.#layout.tables.get(name);
    if (!table) throw reeveError("STORE_MISUSE", `store "${this.#layout.store}" has no table ${JSON.stringify(name)}`);
    return table;
  }
}

function missing(table: string, key: unknown): never {
  throw reeveError("ROW_NOT_FOUND", `${table} has no row ${JSON.stringify(key)}`, { data: { table, key } });
}
