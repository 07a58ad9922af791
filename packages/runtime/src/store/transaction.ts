import type { Compilable, QueryCreator, QueryExecutorProvider } from "kysely";
import type { StoreDefinition } from "./define-store.ts";
import type { NewRow, QueryTables, Row, RowChanges, RowKey, TableName } from "./rows.ts";

type Queries<D extends StoreDefinition> = QueryCreator<QueryTables<D>>;

/**
 * A write transaction: await nothing but this inside it. All of it is committed, or none.
 * Kysely's builders work on the store's tables; `sql` of Kysely takes it as executor, with tables named by `sql.table`.
 *
 * @throws ReeveError `STORE_MISUSE` on use after its end, `TRANSACTION_TIMEOUT` on use after it was cut off
 */
export interface Transaction<D extends StoreDefinition = any>
  extends Pick<
      Queries<D>,
      "selectFrom" | "insertInto" | "updateTable" | "deleteFrom" | "with" | "withRecursive" | "selectNoFrom"
    >,
    QueryExecutorProvider {
  /** The row with this key. @throws ReeveError `ROW_NOT_FOUND` */
  get<T extends TableName<D>>(table: T, key: RowKey<D, T>): Promise<Row<D, T>>;
  /** The row with this key, or undefined. */
  find<T extends TableName<D>>(table: T, key: RowKey<D, T>): Promise<Row<D, T> | undefined>;
  /** Stores a row and returns it with its defaults. @throws ReeveError `ROW_EXISTS` when its key or a unique value is taken */
  insert<T extends TableName<D>>(table: T, row: NewRow<D, T>): Promise<Row<D, T>>;
  /** Changes some columns of a row and returns all of it. @throws ReeveError `ROW_NOT_FOUND` */
  update<T extends TableName<D>>(table: T, key: RowKey<D, T>, changes: RowChanges<D, T>): Promise<Row<D, T>>;
  /** Removes a row; false when there was none. */
  delete<T extends TableName<D>>(table: T, key: RowKey<D, T>): Promise<boolean>;
  /**
   * Hands over a statement that nobody waits for. Where the database is far, it goes in one message with the next statement or
   * with the commit, in order. `told` is given its rows before the next statement's are; what it throws ends the transaction.
   * A statement that fails fails the transaction.
   */
  later<R>(query: Compilable<R>, told?: (rows: readonly R[]) => void): Promise<void>;
}
