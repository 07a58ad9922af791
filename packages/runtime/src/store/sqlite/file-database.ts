import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { ReeveError } from "@reeve/contract";
import { type CompiledQuery, type DialectAdapter, type QueryCompiler, type QueryResult, SqliteAdapter } from "kysely";
import type { Clock } from "../../base/clock.ts";
import { LoopTurn } from "../../base/loop-turn.ts";
import type { Connections, Session, WriteOptions } from "../backend.ts";
import { LayoutCompilers } from "../layout-compilers.ts";
import { StoreHealth } from "../store-health.ts";
import type { StoreLayout } from "../store-layout.ts";
import { CheckpointCycle } from "./checkpoint-cycle.ts";
import { type Checkpointer, CheckpointThread } from "./checkpointer.ts";
import { SqliteLayoutCompiler } from "./compiler.ts";
import { requireDirectoryOf } from "./directory.ts";
import { FileCare } from "./file-care.ts";
import { commitNothing, type OpenFile, type OpenFileOptions, openFile } from "./open-file.ts";
import { lockForProcess, type ProcessLock } from "./process-lock.ts";
import { SchemaTables } from "./schema-tables.ts";
import { SharedSync } from "./shared-sync.ts";
import { logOf, rewriteLogOf, type SyncFile, syncFile } from "./wal-file.ts";
import { Writer } from "./writer.ts";

/** What tests put in the place of the disk. */
export interface FileDatabaseOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Default: one of its own. */
  readonly turn?: LoopTurn | undefined;
  readonly syncFile?: SyncFile;
  readonly checkpointer?: Checkpointer;
  /** How many frames the log grows by before it is copied into the database. */
  readonly checkpointFrames?: number;
}

/** 16 MiB of pages. */
const defaultCheckpointFrames = 4_096;

/** Space that must be free before a full disk is said to have room again. */
const roomBytes = 256 * 1_024;

interface Parts {
  readonly options: FileDatabaseOptions;
  readonly lock: ProcessLock;
  readonly tables: SchemaTables;
  readonly file: OpenFile;
  readonly failures: Failures;
}

/** Where connections tell what they could not do, from before there is somebody to hear it. */
interface Failures {
  told: (error: ReeveError) => void;
}

/** A database file of this process: one writer, snapshots for readers, syncs and checkpoints off the event loop. */
export class FileDatabase implements Connections {
  readonly name: string;
  readonly place: string;
  readonly health = new StoreHealth();
  readonly adapter: DialectAdapter = new SqliteAdapter();
  readonly #options: FileDatabaseOptions;
  readonly #lock: ProcessLock;
  readonly #tables: SchemaTables;
  readonly #failures: Failures;
  readonly #compilers = new LayoutCompilers(SqliteLayoutCompiler);
  readonly #turn: LoopTurn;
  readonly #syncs: SharedSync;
  readonly #writer: Writer;
  readonly #checkpointer: Checkpointer;
  readonly #checkpoints: CheckpointCycle;
  readonly #care: FileCare;
  #file: OpenFile;
  /** Closed while it is opened again. */
  #open = true;
  /** Nothing shows what is synced and no more. */
  #hidden = false;
  #closing: Promise<void> | undefined;
  #reopening: Promise<void> | undefined;

  static async open(options: FileDatabaseOptions): Promise<FileDatabase> {
    await requireDirectoryOf(options.path);
    const lock = lockForProcess(options.path);
    try {
      const tables = new SchemaTables();
      const failures: Failures = { told: () => {} };
      const fileOptions = openFileOptions(options, tables, failures);
      // The process before may have ended as a sync had failed: what that let go is read, and taken for written.
      if (existsSync(logOf(options.path))) await rewriteLogOf(options.path, fileOptions.syncFile);
      const file = await openFile(fileOptions);
      return new FileDatabase({ options, lock, tables, file, failures });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor({ options, lock, tables, file, failures }: Parts) {
    const { path, clock, turn = new LoopTurn(clock) } = options;
    this.name = path;
    this.place = file.watch.place;
    this.#options = options;
    this.#lock = lock;
    this.#tables = tables;
    this.#failures = failures;
    this.#file = file;
    this.#turn = turn;
    this.#checkpointer = options.checkpointer ?? new CheckpointThread(path);
    this.#syncs = new SharedSync({
      begin: () => this.#file.snapshots.pinNext(),
      sync: () => this.#sync(),
      done: () => {
        this.#file.snapshots.showNext();
        this.#checkpoints.look();
      },
      failed: (error) => this.#care.lost(error),
    });
    this.#writer = new Writer({
      ...{ connection: file.writing, clock, turn, commits: this.#syncs },
      schemaChanged: () => {
        this.#tables.read(this.#file.writing);
        this.#file.writing.forgetStatements();
      },
    });
    this.#care = new FileCare({
      ...{ path, clock, health: this.health },
      look: () => this.#file.watch.look(this.#open),
      lost: () => this.#syncs.lost,
      lose: (error) => this.#syncs.fail(error),
      probe: () => this.#probe(),
      isLostLog: (fault) => this.#file.watch.isLostLog(fault),
      reopen: (lostLog) => this.#reopen(lostLog),
    });
    failures.told = (error) => this.#care.failed(error);
    this.#checkpoints = new CheckpointCycle({
      ...{ checkpointer: this.#checkpointer, writer: this.#writer, syncs: this.#syncs },
      frames: options.checkpointFrames ?? defaultCheckpointFrames,
      file: () => this.#file,
      failed: (error) => this.#care.checkpointFailed(error),
    });
  }

  compiler(layout: StoreLayout): QueryCompiler {
    return this.#compilers.of(layout);
  }

  async read(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>> {
    if (this.#turn.look()) await this.#turn.turned();
    if (this.#hidden) await this.#reopening?.catch(() => {});
    if (this.#hidden && this.#syncs.lost) throw this.#syncs.lost;
    return this.#file.snapshots.reading.execute(layout, query);
  }

  /** No other process has the file: its clock is this one's. */
  async now(): Promise<number> {
    return this.#options.clock.wallNow();
  }

  write<R>(body: (session: Session) => Promise<R>, options: WriteOptions): Promise<R> {
    return this.#writer.write(body, options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    await this.#care.close();
    await this.#checkpoints.close();
    await this.#syncs.rest();
    const { fault } = this.health;
    const kept = this.#syncs.lost && !(fault && this.#file.watch.isLostLog(fault));
    await this.#closeFile(kept ? "kept" : "copied");
    this.#lock.release();
  }

  /** A sync of files that are not those of the name would acknowledge what the next start does not find. */
  async #sync(): Promise<void> {
    await Promise.all([this.#file.wal.sync(), this.#care.look()]);
  }

  async #probe(): Promise<void> {
    const { bavail, bsize } = await statfs(this.name);
    if (bavail * bsize < roomBytes) throw new Error("the disk has no room yet");
    await this.#held(async () => {
      commitNothing(this.#file.writing);
      this.#syncs.committed();
    });
    await new Promise<void>((resolve, reject) => this.#syncs.whenLasting((lost) => (lost ? reject(lost) : resolve())));
  }

  #reopen(lostLog: boolean): Promise<void> {
    this.#reopening = this.#held(() => this.#renew(lostLog));
    return this.#reopening;
  }

  /**
   * Whatever failed, the log has all that is not known to be in the database. It is written and synced once more, read anew from
   * its begin, and copied whole: SQLite itself would go on where it stopped, and never copy again what a failed sync let go.
   */
  async #renew(lostLog: boolean): Promise<void> {
    await this.#syncs.rest();
    this.#hidden = true;
    if (this.#open) {
      // Else they stay pinned: a copy that the thread has yet to make takes nothing that the failed sync was to cover.
      if (lostLog) this.#file.snapshots.free();
      // Another connection would find no log under its name, and make one: only this one still has it.
      if (lostLog) this.#file.writing.copyLog();
      await this.#closeFile(lostLog ? "copied" : "kept");
    }
    const options = openFileOptions(this.#options, this.#tables, this.#failures);
    if (!lostLog) await rewriteLogOf(this.name, options.syncFile);
    this.#file = await openFile(options);
    this.#open = true;
    const { snapshots, wal, watch, writing } = this.#file;
    snapshots.free();
    if (!(await this.#checkpointer.run("restart"))) throw new Error("the log could not be copied");
    wal.begunAnew();
    watch.logCut();
    snapshots.pin();
    this.#writer.reconnect(writing);
    this.#syncs.reopened();
    this.#hidden = false;
  }

  /** SQLite copies the log into the database and deletes it with the last connection, unless that only reads. */
  async #closeFile(log: "copied" | "kept"): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const { snapshots, writing, wal } = this.#file;
    if (log === "copied") snapshots.close();
    writing.close();
    await this.#checkpointer.close();
    if (log === "kept") snapshots.close();
    await wal.close();
  }

  async #held<R>(action: () => Promise<R>): Promise<R> {
    const release = await this.#writer.hold();
    try {
      return await action();
    } finally {
      release();
    }
  }
}

function openFileOptions(
  { path, syncFile: sync }: FileDatabaseOptions,
  tables: SchemaTables,
  failures: Failures,
): OpenFileOptions {
  return { path, tables, syncFile: sync ?? syncFile, failed: (error) => failures.told(error) };
}
