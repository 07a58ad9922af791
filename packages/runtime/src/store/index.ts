export { sql } from "kysely";
export type { Session, StoreBackend } from "./backend.ts";
export { Column, column } from "./column.ts";
export { Database } from "./database.ts";
export {
  defineRuntimeStore,
  defineStore,
  type StoreDefinition,
} from "./define-store.ts";
export { OpenStore } from "./open-store.ts";
export { sessionOf } from "./open-transaction.ts";
export { decodePlain, encodePlain } from "./plain-data.ts";
export { QueryTemplate } from "./query-template.ts";
export type { RowAccess } from "./row-access.ts";
export type { NewRow, QueryTables, Row, RowChanges, TableName } from "./rows.ts";
export type { Store } from "./store.ts";
export { type StoreFault, StoreHealth } from "./store-health.ts";
export { type Table, table } from "./table.ts";
export type { Transaction } from "./transaction.ts";
export type { TransactionHook } from "./transaction-hook.ts";
