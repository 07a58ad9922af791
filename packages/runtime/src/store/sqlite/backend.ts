import { resolve } from "node:path";
import { reeveError } from "@reeve/contract";
import type { StoreBackend } from "../backend.ts";
import { FileDatabase } from "./file-database.ts";
import { inMemory, MemoryDatabase } from "./memory-database.ts";

export interface SqliteOptions {
  /** The file, created when missing; its directory must exist. `":memory:"` keeps everything in memory, for tests. */
  readonly path: string;
}

/**
 * Keeps the store in one SQLite file of this process: a write-ahead log, one writer, and readers that never wait for it. What
 * was acknowledged survives kill -9 and power loss; transactions that end at about the same time share one sync of the disk,
 * which keeps nothing else waiting.
 *
 * @throws ReeveError `INVALID_OPTION` when the path is empty; on opening `STORE_IN_USE` when another process has the
 * file, `STORE_CORRUPT` when it is not a database, `STORE_FAILED` when it cannot be opened
 *
 * @example
 * ```ts
 * const supervisor = createSupervisor({ host: "block-01", store: sqlite({ path: "/var/lib/reeve/block-01.sqlite" }) });
 * ```
 */
export function sqlite({ path }: SqliteOptions): StoreBackend {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw reeveError("INVALID_OPTION", `sqlite path: expected the name of a file, got ${JSON.stringify(path)}`);
  }
  if (path === inMemory) return { open: async ({ clock, turn }) => new MemoryDatabase(clock, turn) };
  const file = resolve(path);
  return { open: ({ clock, turn }) => FileDatabase.open({ path: file, clock, turn }) };
}
