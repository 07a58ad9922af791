import { statSync } from "node:fs";
import { resolve } from "node:path";
import { reeveError } from "@reeve/contract";
import { type CompiledQuery, type DialectAdapter, type QueryCompiler, type QueryResult, SqliteAdapter } from "kysely";
import type { Clock } from "../../base/clock.ts";
import type { Connections, Session, StoreBackend, WriteOptions } from "../backend.ts";
import { StoreHealth } from "../store-health.ts";
import type { StoreLayout } from "../store-layout.ts";
import { LayoutCompiler } from "./compiler.ts";
import { Connection } from "./connection.ts";
import { lockForProcess, type ProcessLock } from "./process-lock.ts";
import { tableNames } from "./write-session.ts";
import { Writer } from "./writer.ts";

export interface SqliteOptions {
  /** The file, created when missing; its directory must exist. `":memory:"` keeps everything in memory, for tests. */
  readonly path: string;
}

const inMemory = ":memory:";

/**
 * Keeps the store in one SQLite file of this process: write-ahead log, synced at every commit, one writer, and readers
 * that never wait for it. What was committed survives kill -9 and power loss.
 *
 * @throws ReeveError `INVALID_OPTION` when the path is empty; on opening `STORE_IN_USE` when another process has the
 * file, `STORE_CORRUPT` when it is no database, `STORE_FAILED` when it cannot be opened
 */
export function sqlite({ path }: SqliteOptions): StoreBackend {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw reeveError("INVALID_OPTION", `sqlite path: ${JSON.stringify(path)} is no file name`);
  }
  const file = path === inMemory ? inMemory : resolve(path);
  return { open: async ({ clock }) => openConnections(file, clock) };
}

function openConnections(file: string, clock: Clock): Connections {
  const lock = file === inMemory ? undefined : lockForProcess(file);
  try {
    return new SqliteConnections(file, clock, lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** @throws ReeveError `STORE_FAILED` */
function placeOf(file: string): string {
  try {
    // As bigint: a number holds no inode of 64 bits.
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch (cause) {
    throw reeveError("STORE_FAILED", `store file "${file}" is gone while it is opened`, {
      cause,
      data: { path: file },
    });
  }
}

class SqliteConnections implements Connections {
  readonly name: string;
  readonly place: string;
  readonly health = new StoreHealth();
  readonly adapter: DialectAdapter = new SqliteAdapter();
  readonly #lock: ProcessLock | undefined;
  readonly #writing: Connection;
  /** Absent in memory, where a second connection would see another database. */
  readonly #reading: Connection | undefined;
  readonly #writer: Writer;
  readonly #compilers = new Map<StoreLayout, QueryCompiler>();
  #tables: ReadonlySet<string> = new Set();

  constructor(file: string, clock: Clock, lock: ProcessLock | undefined) {
    this.name = file;
    this.#lock = lock;
    const isTable = (name: string) => this.#tables.has(name.toLowerCase()) || name.toLowerCase().startsWith("sqlite_");
    this.#writing = new Connection({ path: file, readOnly: false, isTable });
    try {
      this.#writing.command("pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off");
      this.#writing.command("pragma journal_size_limit = 67108864");
      this.#schemaChanged();
      this.#reading = lock && new Connection({ path: file, readOnly: true, isTable });
      this.place = lock ? placeOf(file) : inMemory;
    } catch (error) {
      this.#writing.close();
      throw error;
    }
    this.#writer = new Writer(this.#writing, clock, () => this.#schemaChanged());
  }

  compiler(layout: StoreLayout): QueryCompiler {
    const compiler = this.#compilers.get(layout) ?? new LayoutCompiler(layout);
    this.#compilers.set(layout, compiler);
    return compiler;
  }

  async read(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>> {
    if (this.#reading) return this.#reading.execute(layout, query);
    // In memory there is one connection: between transactions, it shows what is committed.
    const read = async () => this.#writing.execute(layout, query, true);
    return this.#writer.write(read, { timeoutMs: 10_000, brief: false });
  }

  write<R>(body: (session: Session) => Promise<R>, options: WriteOptions): Promise<R> {
    return this.#writer.write(body, options);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#reading?.close();
    this.#writing.close();
    this.#lock?.release();
  }

  #schemaChanged(): void {
    this.#tables = new Set(this.#writing.rows(tableNames).map(({ name }) => String(name).toLowerCase()));
    this.#writing.forgetStatements();
    this.#reading?.forgetStatements();
  }
}
