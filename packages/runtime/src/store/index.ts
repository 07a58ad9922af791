export { sql } from "kysely";
export type { Connections, Session, StoreBackend, WriteOptions } from "./backend.ts";
export { type AnyColumn, Column, type ColumnKind, type ColumnSpec, column } from "./column.ts";
export { Database } from "./database.ts";
export {
  defineRuntimeStore,
  defineStore,
  noTables,
  type StoreDefinition,
  type StoreOptions,
  type Tables,
} from "./define-store.ts";
export { OpenStore, type OpenStoreOptions } from "./open-store.ts";
export { sessionOf } from "./open-transaction.ts";
export { decodePlain, digestPlain, encodePlain } from "./plain-data.ts";
export { QueryTemplate } from "./query-template.ts";
export type { RowAccess } from "./row-access.ts";
export type { NewRow, Row, RowChanges, RowKey, TableName } from "./rows.ts";
export type { DataMigration } from "./schema-version.ts";
export type { Store, TransactionOptions } from "./store.ts";
export { type StoreFault, StoreHealth } from "./store-health.ts";
export { type Columns, type IndexSpec, type Table, type TableOptions, table } from "./table.ts";
export type { Transaction } from "./transaction.ts";
export type { TransactionHook } from "./transaction-hook.ts";
