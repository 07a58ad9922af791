import {
  column,
  type Row,
  type Store,
  type StoreDefinition,
  type TableName,
  type Transaction,
  table,
} from "@reeve/runtime";
import type { FailureInfo } from "./failure-info.ts";

/** The tables of a store whose rows have at least these columns, and whose `status` knows at least these. */
export type TableWith<D extends StoreDefinition, Columns, Status extends string = never> = {
  [T in TableName<D>]: Row<D, T> extends Columns ? ([Status] extends [ValueOf<D, T, "status">] ? T : never) : never;
}[TableName<D>];

/** What a column of a table holds. */
export type ValueOf<D extends StoreDefinition, T extends TableName<D>, Name extends string> =
  Row<D, T> extends { readonly [K in Name]: infer Value } ? Value : never;

/** What a resource with a tenant has at least. */
export interface Owned {
  readonly id: string;
  readonly tenant: string;
}

/** What a resource with a status has at least. */
export interface Staged {
  readonly id: string;
  readonly status: string;
}

const resources = table({
  id: column.text().primaryKey(),
  tenant: column.text(),
  status: column.text(),
  host: column.text().nullable(),
  placer: column.text().nullable(),
  fault: column.json<FailureInfo<string>>().nullable(),
});

/** The columns that this kit knows, of whichever table. Not every table has all of them. */
export type Known = StoreDefinition<{ readonly resources: typeof resources }>;

/** A row of whichever table, as this kit knows it. */
export type KnownRow = Row<Known, "resources">;

/**
 * A table as this kit reads and writes it. TypeScript looks into no store that is a type parameter: the public signatures check
 * that a table has the columns, and behind them it is looked at through this.
 */
export function known(tx: Transaction, table: string): readonly [tx: Transaction<Known>, table: "resources"];
export function known(store: Store, table: string): readonly [store: Store<Known>, table: "resources"];
export function known(
  rows: Store | Transaction,
  table: string,
): readonly [rows: Store<Known> | Transaction<Known>, table: "resources"];
export function known(rows: any, table: any): any {
  return [rows, table];
}

/** What one resource of a table is called: the table's name is its plural. */
export function nounOf(table: string): string {
  return table.replace(/s$/, "");
}

/** A row that {@link known} has given, as its store knows it. */
export function asRow<D extends StoreDefinition, T extends TableName<D>>(row: KnownRow): Row<D, T> {
  return row as unknown as Row<D, T>;
}
