import { randomBytes } from "node:crypto";
import { link, lstat, open, readdir, rm } from "node:fs/promises";
import { DriverError } from "@reeve/driver-sdk";
import { fileError } from "./file-error.ts";
import { reflink } from "./reflink.ts";
import type { Root } from "./root.ts";
import type { Workspace } from "./workspace.ts";

/** Not the name of an image: nobody is to take what is left of one for a volume. */
const prefix = ".reeve-probe.";

/** A trial takes milliseconds; a trial file that is older by this has nobody any more. By the file system's own clock. */
const abandonedMs = 60_000;

/**
 * Tries what the driver needs of a file system instead of guessing by its name: whether it can be written, has hard links
 * and, which is the answer, reflinks. Removes what a process left that was killed meanwhile.
 *
 * @throws DriverError when it has no hard links or cannot be written
 */
export async function probeFileSystem(root: Root, workspace: Workspace): Promise<{ hasReflink: boolean }> {
  const [first = "", second = "", third = ""] = [1, 2, 3].map(() =>
    workspace.file(`${prefix}${randomBytes(6).toString("hex")}`),
  );
  try {
    const file = await open(first, "wx", 0o600);
    try {
      await file.writeFile(Buffer.alloc(4096, 1));
      await link(first, second).catch((cause) => {
        throw new DriverError("FAILED_PRECONDITION", `root ${root.path}: its file system has no hard links`, { cause });
      });
      const hasReflink = await reflink(file, third).then(
        () => true,
        () => false,
      );
      await clearAbandoned(workspace, (await file.stat()).mtimeMs - abandonedMs);
      return { hasReflink };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(`root ${root.path}: a trial file`, error);
  } finally {
    await Promise.all([first, second, third].map((path) => rm(path, { force: true }))).catch(() => {});
  }
}

async function clearAbandoned(workspace: Workspace, beforeMs: number): Promise<void> {
  const names = (await readdir(workspace.path)).filter((name) => name.startsWith(prefix));
  for (const path of names.map((name) => workspace.file(name))) {
    const found = await lstat(path).catch(() => undefined);
    // What cannot be removed is in nobody's way.
    if (found?.isFile() && found.mtimeMs < beforeMs) await rm(path, { force: true }).catch(() => {});
  }
}
