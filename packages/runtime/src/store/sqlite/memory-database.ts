import { type CompiledQuery, type DialectAdapter, type QueryCompiler, type QueryResult, SqliteAdapter } from "kysely";
import type { Clock } from "../../base/clock.ts";
import { LoopTurn } from "../../base/loop-turn.ts";
import type { Connections, Session, WriteOptions } from "../backend.ts";
import { LayoutCompilers } from "../layout-compilers.ts";
import { StoreHealth } from "../store-health.ts";
import type { StoreLayout } from "../store-layout.ts";
import { SqliteLayoutCompiler } from "./compiler.ts";
import { Connection } from "./connection.ts";
import { SchemaTables } from "./schema-tables.ts";
import { type Commits, Writer } from "./writer.ts";

export const inMemory = ":memory:";

/** Nothing outlives the process, so nothing waits for a disk. */
const commits: Commits = {
  lost: undefined,
  committed() {},
  whenLasting: (settlement) => settlement(undefined),
};

/** A database that ends with its process, for tests. It has one connection: a second would see another database. */
export class MemoryDatabase implements Connections {
  readonly name = inMemory;
  readonly place = inMemory;
  readonly health = new StoreHealth();
  readonly adapter: DialectAdapter = new SqliteAdapter();
  readonly #compilers = new LayoutCompilers(SqliteLayoutCompiler);
  readonly #connection: Connection;
  readonly #writer: Writer;
  readonly #clock: Clock;
  #closing: Promise<void> | undefined;

  constructor(clock: Clock, turn = new LoopTurn(clock)) {
    const tables = new SchemaTables();
    this.#clock = clock;
    this.#connection = new Connection({ path: inMemory, readOnly: false, isTable: tables.has });
    this.#connection.command("pragma trusted_schema = off");
    this.#writer = new Writer({
      ...{ connection: this.#connection, clock, commits, turn },
      schemaChanged: () => {
        tables.read(this.#connection);
        this.#connection.forgetStatements();
      },
    });
  }

  compiler(layout: StoreLayout): QueryCompiler {
    return this.#compilers.of(layout);
  }

  /** In turn with transactions: between them, the one connection shows what is committed. */
  async read(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>> {
    const read = async () => this.#connection.execute(layout, query, true);
    return this.#writer.write(read, { timeoutMs: 10_000 });
  }

  /** No other process has it: its clock is this one's. */
  async now(): Promise<number> {
    return this.#clock.wallNow();
  }

  write<R>(body: (session: Session) => Promise<R>, options: WriteOptions): Promise<R> {
    return this.#writer.write(body, options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#writer.close().then(() => this.#connection.close());
    return this.#closing;
  }
}
