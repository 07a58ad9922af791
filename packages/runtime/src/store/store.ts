import type { Duration } from "@reeve/contract";
import type { QueryCreator, QueryExecutorProvider } from "kysely";
import type { StoreDefinition } from "./define-store.ts";
import type { QueryTables, Row, RowKey, TableName } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

export interface TransactionOptions<D extends StoreDefinition = any> {
  /** How long it may last once begun, before it is rolled back with `TRANSACTION_TIMEOUT`. Default `"10s"`. */
  readonly timeout?: Duration;
  /**
   * A table that no other transaction writes meanwhile, in any process: for transactions that would be in conflict each time,
   * and run again. The wait counts as time that it lasts. In SQLite, where one writes at a time, it changes nothing.
   */
  readonly alone?: TableName<D>;
  /**
   * Lets others go on with what it has committed while the disk still syncs that: for transactions that wait for one another.
   * It resolves when all that it saw lasts. What it wrote is to be believed in such a transaction only: a read beside them may
   * see what a power loss takes back. Default false. In SQLite, where each transaction is so and no read is, it changes nothing.
   */
  readonly overlapSync?: boolean;
}

/**
 * The tables a manager owns. Rows are plain, frozen data; reads see what is committed and never wait for a writer.
 *
 * @throws ReeveError `FENCED` once a newer incarnation of the manager exists; `STORE_MISUSE` on use inside a
 * transaction of the same database, where waiting would never end; `STORE_FAILED` and `STORE_CORRUPT` from the database
 */
export interface Store<D extends StoreDefinition = any>
  extends Pick<QueryCreator<QueryTables<D>>, "selectFrom" | "with" | "withRecursive">,
    QueryExecutorProvider {
  /** The row with this key. @throws ReeveError `ROW_NOT_FOUND` */
  get<T extends TableName<D>>(table: T, key: RowKey<D, T>): Promise<Row<D, T>>;
  /** The row with this key, or undefined. */
  find<T extends TableName<D>>(table: T, key: RowKey<D, T>): Promise<Row<D, T> | undefined>;
  /**
   * Runs `body` in a write transaction and commits when it returns; when it throws, nothing is kept.
   * Transactions are isolated as if those of one database ran one after the other (serializable): none sees half of another, and
   * none changes what another has read before that one commits. In SQLite they do run one after the other, in the order they
   * were asked for; in a database that several processes share, the order is the database's.
   *
   * It resolves, or rejects with what `body` threw, when all that it saw survives a power loss; the next transactions run
   * meanwhile. The end of the call that runs it (deadline, cancel) stops it at its next statement, as does its own `timeout`.
   *
   * @throws what `body` throws; ReeveError `TRANSACTION_TIMEOUT`, `FENCED`, `STORE_MISUSE`; `STORE_FAILED`, with outcome
   * `maybe-executed` when it was committed and may be lost; `DEADLINE_EXCEEDED` or `CANCELLED` of its call
   */
  transaction<R>(body: (tx: Transaction<D>) => Promise<R> | R, options?: TransactionOptions<D>): Promise<R>;
}
