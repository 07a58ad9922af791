import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { type ReeveError, reeveError } from "@reeve/contract";
import { Connection } from "./connection.ts";
import { syncDirectoryOf } from "./directory.ts";
import { FileWatch } from "./file-watch.ts";
import type { SchemaTables } from "./schema-tables.ts";
import { readerSettings, writerSettings } from "./settings.ts";
import { Snapshots } from "./snapshots.ts";
import { type SyncFile, WalFile } from "./wal-file.ts";

export interface OpenFileOptions {
  readonly path: string;
  readonly tables: SchemaTables;
  readonly syncFile: SyncFile;
  /** Told what the database could not do, each time. */
  readonly failed: (error: ReeveError) => void;
}

/** What belongs to one opening of a file, and is renewed with it. */
export interface OpenFile {
  readonly writing: Connection;
  readonly snapshots: Snapshots;
  readonly wal: WalFile;
  readonly watch: FileWatch;
}

/**
 * Opens a file of this process. The writer comes first, and nothing is read before the log and the directory are synced: after
 * a kill -9 the log has commits that nobody synced, and what was read of them could be taken back by a power loss.
 */
export async function openFile({ path, tables, syncFile, failed }: OpenFileOptions): Promise<OpenFile> {
  const writing = new Connection({ path, readOnly: false, isTable: tables.has, failed });
  let wal: WalFile | undefined;
  let keeper: Connection | undefined;
  try {
    writing.command("pragma journal_mode = wal");
    // Closed as the last one where the opening fails: the writer would copy the log without a sync, and delete it.
    keeper = new Connection({ path, readOnly: true, isTable: tables.has, failed });
    keeper.rows("select 1 from sqlite_schema limit 1");
    // The first commit of a log syncs its header. Here that is left to the sync below, which is not made on the event loop.
    writing.command(`${writerSettings}; pragma synchronous = off`);
    commitNothing(writing);
    wal = await WalFile.open(path, syncFile);
    await wal.sync();
    await syncDirectoryOf(path, syncFile);
    writing.command(writerSettings);
    tables.read(writing);
    const log = { path: wal.path, stats: await wal.stat() };
    const watch = new FileWatch({ path, stats: await statsOf(path) }, log);
    const snapshots = new Snapshots(() => {
      const reading = new Connection({ path, readOnly: true, isTable: tables.has, failed });
      reading.command(readerSettings);
      return reading;
    });
    return { writing, snapshots, wal, watch };
  } catch (error) {
    writing.close();
    await wal?.close();
    throw error;
  } finally {
    keeper?.close();
  }
}

/** A commit that changes nothing: it makes the log exist, and begin. */
export function commitNothing(writing: Connection): void {
  const [version] = writing.rows("pragma user_version");
  writing.command(`begin immediate; pragma user_version = ${version!.user_version}; commit`);
}

/** @throws ReeveError `STORE_FAILED` */
async function statsOf(file: string): Promise<BigIntStats> {
  try {
    return await stat(file, { bigint: true });
  } catch (cause) {
    throw reeveError("STORE_FAILED", `store file "${file}" is gone while it is opened`, {
      cause,
      data: { path: file },
    });
  }
}
