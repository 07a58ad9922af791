import type { ReeveError } from "@reeve/contract";
import type { CompiledQuery, DialectAdapter, QueryCompiler, QueryResult } from "kysely";
import type { Clock } from "../base/clock.ts";
import type { LoopTurn } from "../base/loop-turn.ts";
import type { SchemaChange } from "./schema-change.ts";
import type { StoreHealth } from "./store-health.ts";
import type { StoreLayout } from "./store-layout.ts";

/** What `createSupervisor({ store })` takes: `sqlite({ path })` or `postgres({ url })`. */
export interface StoreBackend {
  /**
   * @param options.turn the turn of the event loop that its work shares with others; default: one of its own
   * @throws ReeveError `STORE_IN_USE`, `STORE_CORRUPT`, `STORE_FAILED`, each naming the database
   */
  open(options: { readonly clock: Clock; readonly turn?: LoopTurn | undefined }): Promise<Connections>;
}

/** An open database, as an adapter provides it. Rows come back mapped by the layout, and frozen. */
export interface Connections {
  /** Names the database in messages: a path, or a host and a database. */
  readonly name: string;
  /**
   * Where the database lies; the same over restarts, another one for a copy of it. For a file its device and inode. A
   * database that finds itself in another place takes a new identity.
   */
  readonly place: string;
  /** Whether it keeps what it acknowledges. */
  readonly health: StoreHealth;
  readonly adapter: DialectAdapter;
  /** Writes queries over the tables of one store, under their names in the database. */
  compiler(layout: StoreLayout): QueryCompiler;
  /** Runs a query that only reads, on what is committed and lasts (but see `overlapSync`), reaching no table outside the layout. */
  read(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>>;
  /**
   * The time by the database's own clock, in milliseconds since 1970: the one clock that all processes of a shared database agree
   * on. What is due or has expired for several processes is told by it.
   */
  now(): Promise<number>;
  /**
   * Runs `body` in a write transaction: committed when it returns, rolled back when it throws, and isolated from all others of
   * the database as if they had run one after the other (serializable). Settles when all that it saw lasts, its own commit
   * included: others may run and commit meanwhile.
   *
   * Where several processes share the database, `body` may be run again from its beginning, in a new session, because what it had
   * read was changed by another: nothing of the attempt before is kept, and what it gave to its closure is given again.
   *
   * @throws ReeveError `TRANSACTION_TIMEOUT` when it lasts longer than `timeoutMs` once begun; `STORE_FAILED` with outcome
   * `maybe-executed` when what it committed may be lost
   */
  write<R>(body: (session: Session) => Promise<R>, options: WriteOptions): Promise<R>;
  /** Waits for the transactions that were asked for; what comes later is `STORE_MISUSE`. Idempotent. */
  close(): Promise<void>;
}

export interface WriteOptions {
  readonly timeoutMs: number;
  /** It changes tables: no other process changes some of the database meanwhile. Default false. */
  readonly migrating?: boolean | undefined;
  /** A table that no other transaction writes meanwhile: it begins when those that do have ended. Nothing to do where one writes at a time. */
  readonly alone?: { readonly layout: StoreLayout; readonly table: string } | undefined;
  /** Others may go on with what it has committed before that lasts; it settles when all that it saw does. Default false, and nothing to do where each transaction is so. */
  readonly overlapSync?: boolean | undefined;
  /**
   * It comes before all others that wait, and finds a session kept free where all the others are held: it is short, and what it
   * says of this process must not come late because that has much to do. Default false. Nothing to do where one writes at a time.
   */
  readonly urgent?: boolean | undefined;
  /** Why nobody wants it any more. Asked before it runs, and at each of its statements, which then throw that. */
  readonly unwanted?: () => ReeveError | undefined;
}

/** An open write transaction, on which the runtime's tables and a manager's are reached side by side. */
export interface Session {
  /** @throws ReeveError `STORE_MISUSE` after its end, `TRANSACTION_TIMEOUT` after it was cut off */
  execute(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>>;
  /**
   * As `execute`, for what nobody waits for the result of. Where the database is far, it goes with the next statement or with the
   * commit, in order, and before both. `check` is given the result before the result of the next statement is told, and before
   * the commit: what it throws ends the transaction. Where the statement itself fails, `body` runs again, and there it is told
   * here: it may be waited for.
   */
  executeLater(
    layout: StoreLayout,
    query: CompiledQuery,
    check?: (result: QueryResult<unknown>) => void,
  ): Promise<void>;
  change(layout: StoreLayout, change: SchemaChange): Promise<void>;
  /** As that of its {@link Connections}. */
  now(): Promise<number>;
  /** Whether the database has a table of this name. */
  hasTable(physicalName: string): Promise<boolean>;
}
