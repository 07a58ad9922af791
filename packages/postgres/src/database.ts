import { reeveError } from "@reeve/contract";
import {
  type Clock,
  type Connections,
  LayoutCompilers,
  type Session,
  StoreHealth,
  type StoreLayout,
  type WriteOptions,
} from "@reeve/runtime/store";
import { type CompiledQuery, type DialectAdapter, PostgresAdapter, type QueryCompiler, type QueryResult } from "kysely";
import { PostgresLayoutCompiler } from "./compiler.ts";
import { hasNoRoom, isFull, isOnlyForMore } from "./errors.ts";
import { HealthWatch } from "./health-watch.ts";
import type { PostgresSettings } from "./options.ts";
import { Pool } from "./pool.ts";
import { QueryCheck } from "./query-check/query-check.ts";
import { queryResult } from "./query-result.ts";
import { Reader } from "./reader.ts";
import { Server } from "./server.ts";
import { clockSql } from "./server-sql.ts";
import { encode } from "./values.ts";
import { Writer } from "./writer.ts";

/** An open database: sessions for transactions, and others for reads. */
export class PostgresDatabase implements Connections {
  readonly name: string;
  readonly place: string;
  readonly health = new StoreHealth();
  readonly adapter: DialectAdapter = new PostgresAdapter();
  readonly #compilers = new LayoutCompilers(PostgresLayoutCompiler);
  readonly #check = new QueryCheck();
  readonly #pools: { readonly writers: Pool; readonly readers: Pool };
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #watch: HealthWatch;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @throws ReeveError `STORE_FAILED` saying what is wrong and what to do */
  static async open(settings: PostgresSettings, clock: Clock): Promise<PostgresDatabase> {
    const server = new Server(settings, clock);
    const first = await server.openSession(false);
    try {
      await server.examine(first);
      const database = new PostgresDatabase(settings, clock, server);
      database.#pools.writers.add(first);
      return database;
    } catch (error) {
      first.destroy(error);
      throw error;
    }
  }

  private constructor(settings: PostgresSettings, clock: Clock, server: Server) {
    this.name = settings.name;
    this.place = server.place;
    const doubt = () => this.#watch.doubt();
    const isAlive = () => this.#pools.writers.isAlive || this.#pools.readers.isAlive;
    const pool = (kind: "transactions" | "reads", max: number) =>
      new Pool({
        ...{ name: `pool for ${kind} of store database "${settings.name}"`, max, clock },
        acquireTimeoutMs: settings.acquireTimeoutMs,
        open: async () => {
          try {
            const connection = await server.openSession(kind === "reads");
            this.#watch.reached();
            return connection;
          } catch (error) {
            const passes = isFull(error) || (isAlive() && isOnlyForMore(error));
            if (!passes || hasNoRoom((error as Error).cause)) doubt();
            throw error;
          }
        },
        lost: doubt,
      });
    this.#pools = { writers: pool("transactions", settings.writers), readers: pool("reads", settings.readers) };
    const failed = (error: unknown) => this.#watch.failed(error);
    const refusal = () => this.#watch.refusal;
    const common = { settings, clock, doubt, failed, refusal };
    this.#writer = new Writer({ ...common, pool: this.#pools.writers, check: this.#check });
    this.#reader = new Reader({ ...common, pool: this.#pools.readers });
    this.#watch = new HealthWatch({
      ...{ name: settings.name, health: this.health, clock, isAlive },
      open: () => server.openSession(false),
      onAway: (error) => {
        for (const { refuse } of Object.values(this.#pools)) refuse(error);
      },
    });
  }

  compiler(layout: StoreLayout): QueryCompiler {
    return this.#compilers.of(layout);
  }

  async read(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>> {
    this.#check.check(layout, query.sql, false);
    const statement = { text: query.sql, values: query.parameters.map(encode) };
    return queryResult(await this.#run(() => this.#reader.read(statement, layout)));
  }

  async now(): Promise<number> {
    const { rows } = await this.#run(() => this.#reader.read({ text: clockSql }));
    return (rows[0] as { readonly now: number }).now;
  }

  write<R>(body: (session: Session) => Promise<R>, options: WriteOptions): Promise<R> {
    return this.#run(() => this.#writer.write(body, options));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const watching = this.#watch.close();
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    await Promise.all([watching, this.#pools.writers.close(), this.#pools.readers.close()]);
  }

  /** Work that a close waits for. */
  async #run<R>(work: () => Promise<R>): Promise<R> {
    if (this.#closing) throw reeveError("STORE_MISUSE", "the store is closed");
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}
