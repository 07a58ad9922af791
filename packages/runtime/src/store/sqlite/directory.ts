import { open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { reeveError } from "@reeve/contract";
import type { SyncFile } from "./wal-file.ts";

/** SQLite creates a file, but no directory for it. @throws ReeveError `STORE_FAILED` naming the directory that is not there */
export async function requireDirectoryOf(path: string): Promise<void> {
  const directory = dirname(path);
  const is = await stat(directory).catch((error: NodeJS.ErrnoException) => error);
  if (!(is instanceof Error) && is.isDirectory()) return;
  const cause = is instanceof Error ? is : undefined;
  const what =
    !cause || cause.code === "ENOTDIR"
      ? "is not a directory"
      : cause.code === "ENOENT"
        ? "does not exist"
        : "cannot be reached";
  throw reeveError(
    "STORE_FAILED",
    `the directory of store file "${path}" ${what}: create "${directory}", or give the store another path`,
    { cause, data: { path, directory } },
  );
}

/** Makes the names in the file's directory last. Windows has no such call: there it does so by itself. */
export async function syncDirectoryOf(path: string, sync: SyncFile): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(dirname(path), "r");
  try {
    await sync(directory);
  } finally {
    await directory.close();
  }
}
