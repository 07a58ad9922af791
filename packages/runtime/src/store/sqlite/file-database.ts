import { ReeveError } from "@reeve/contract";
import { type CompiledQuery, type DialectAdapter, type QueryCompiler, type QueryResult, SqliteAdapter } from "kysely";
import type { Clock } from "../../base/clock.ts";
import { LoopTurns } from "../../base/loop-turns.ts";
import type { Connections, Session, WriteOptions } from "../backend.ts";
import { StoreHealth } from "../store-health.ts";
import type { StoreLayout } from "../store-layout.ts";
import { CheckpointCycle } from "./checkpoint-cycle.ts";
import { type Checkpointer, CheckpointThread } from "./checkpointer.ts";
import { storeFailure } from "./failure.ts";
import { LayoutCompilers } from "./layout-compilers.ts";
import { type OpenFile, openFile } from "./open-file.ts";
import { lockForProcess, type ProcessLock } from "./process-lock.ts";
import { SchemaTables } from "./schema-tables.ts";
import { SharedSync } from "./shared-sync.ts";
import { type SyncFile, syncFile } from "./wal-file.ts";
import { Writer } from "./writer.ts";

/** What tests put in the place of the disk. */
export interface FileDatabaseOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly syncFile?: SyncFile;
  readonly checkpointer?: Checkpointer;
  /** How many frames the log grows by before it is copied into the database. */
  readonly checkpointFrames?: number;
}

/** 16 MiB of pages. */
const defaultCheckpointFrames = 4_096;

interface Parts {
  readonly options: FileDatabaseOptions;
  readonly lock: ProcessLock;
  readonly tables: SchemaTables;
  readonly file: OpenFile;
}

/** A database file of this process: one writer, snapshots for readers, syncs and checkpoints off the event loop. */
export class FileDatabase implements Connections {
  readonly name: string;
  readonly place: string;
  readonly health = new StoreHealth();
  readonly adapter: DialectAdapter = new SqliteAdapter();
  readonly #lock: ProcessLock;
  readonly #tables: SchemaTables;
  readonly #compilers = new LayoutCompilers();
  readonly #turns: LoopTurns;
  readonly #syncs: SharedSync;
  readonly #writer: Writer;
  readonly #checkpointer: Checkpointer;
  readonly #checkpoints: CheckpointCycle;
  #file: OpenFile;

  static async open(options: FileDatabaseOptions): Promise<FileDatabase> {
    const { path } = options;
    const lock = lockForProcess(path);
    try {
      const tables = new SchemaTables();
      const file = await openFile({ path, tables, syncFile: options.syncFile ?? syncFile, failed: () => {} });
      return new FileDatabase({ options, lock, tables, file });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor({ options, lock, tables, file }: Parts) {
    const { path, clock, checkpointFrames = defaultCheckpointFrames } = options;
    this.name = path;
    this.place = file.place;
    this.#lock = lock;
    this.#tables = tables;
    this.#file = file;
    this.#turns = new LoopTurns(clock);
    this.#checkpointer = options.checkpointer ?? new CheckpointThread(path);
    this.#syncs = new SharedSync({
      begin: () => this.#file.snapshots.pinNext(),
      sync: () => this.#file.wal.sync(),
      done: () => {
        this.#file.snapshots.showNext();
        void this.#checkpoints.look();
      },
      failed: (error) => (error instanceof ReeveError ? error : storeFailure(path, error)),
    });
    this.#writer = new Writer({
      ...{ connection: file.writing, clock, turns: this.#turns, commits: this.#syncs },
      schemaChanged: () => {
        this.#tables.read(this.#file.writing);
        this.#file.writing.forgetStatements();
      },
    });
    this.#checkpoints = new CheckpointCycle({
      frames: checkpointFrames,
      checkpointer: this.#checkpointer,
      writer: this.#writer,
      syncs: this.#syncs,
      file: () => this.#file,
    });
  }

  compiler(layout: StoreLayout): QueryCompiler {
    return this.#compilers.of(layout);
  }

  async read(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>> {
    if (this.#turns.due) await this.#turns.next();
    return this.#file.snapshots.reading.execute(layout, query);
  }

  write<R>(body: (session: Session) => Promise<R>, options: WriteOptions): Promise<R> {
    return this.#writer.write(body, options);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await this.#checkpoints.close();
    await this.#syncs.rest();
    const { snapshots, writing, wal } = this.#file;
    snapshots.close();
    writing.close();
    // The last connection copies the log into the database: in the thread, where there is one.
    await this.#checkpointer.close();
    await wal.close();
    this.#lock.release();
  }
}
