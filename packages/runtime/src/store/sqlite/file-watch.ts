import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { reeveError } from "@reeve/contract";
import type { StoreFault } from "../store-health.ts";

interface Watched {
  readonly path: string;
  readonly place: string;
  /** The largest size seen since it was last cut: it only grows. */
  size: bigint;
  cuts: number;
}

/** Its device and inode. As bigint: a number holds no inode of 64 bits. */
export function placeOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/**
 * Whether the names of a database's files still lead to what this process has open. An open file outlives its name: it takes
 * writes and syncs without an error, and is gone with the process.
 */
export class FileWatch {
  readonly #database: Watched;
  readonly #log: Watched;

  constructor(database: { path: string; stats: BigIntStats }, log: { path: string; stats: BigIntStats }) {
    this.#database = watched(database);
    this.#log = watched(log);
  }

  get place(): string {
    return this.#database.place;
  }

  /** Whether a fault is that the log has lost its name: what is in it can still be brought into the database. */
  isLostLog({ kind, error }: StoreFault): boolean {
    const data = error.data as { readonly path?: string } | undefined;
    return data?.path === this.#log.path && (kind === "gone" || kind === "replaced");
  }

  /** Looks at both; only at the database while it is closed, when it has no log. */
  async look(open = true): Promise<StoreFault | undefined> {
    const [database, log] = await Promise.all([faultOf(this.#database), open ? faultOf(this.#log) : undefined]);
    return database ?? log;
  }

  /** The log may be cut now, or was. */
  logCut(): void {
    this.#log.size = 0n;
    this.#log.cuts++;
  }
}

function watched({ path, stats }: { path: string; stats: BigIntStats }): Watched {
  return { path, place: placeOf(stats), size: stats.size, cuts: 0 };
}

async function faultOf(file: Watched): Promise<StoreFault | undefined> {
  const { size, cuts } = file;
  let stats: BigIntStats;
  try {
    stats = await stat(file.path, { bigint: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const kind = code === "ENOENT" || code === "ENOTDIR" ? "gone" : "failed";
    return fault(kind, file.path, kind === "gone" ? gone : `cannot be looked at: ${(cause as Error).message}`, cause);
  }
  if (placeOf(stats) !== file.place) return fault("replaced", file.path, replaced);
  // A look that began before a cut knows nothing of what is right after it.
  if (cuts !== file.cuts) return undefined;
  if (stats.size < size)
    return fault("truncated", file.path, `was cut from ${size} to ${stats.size} bytes; ${restore}`);
  if (stats.size > file.size) file.size = stats.size;
  return undefined;
}

const gone =
  "was moved or deleted while it is in use; move it back, and it goes on. What was acknowledged before is lost if it was deleted: then restore it from a copy, and start again";
const replaced =
  "was replaced by another while it is in use; move the first one back, and it goes on, or start again to use the other";
const restore = "stop, restore it from a copy, and start again";

function fault(kind: StoreFault["kind"], path: string, what: string, cause?: unknown): StoreFault {
  const details = { cause, data: { path, kind }, retryable: kind !== "truncated" };
  return { kind, error: reeveError("STORE_FAILED", `store file "${path}" ${what}`, details) };
}
