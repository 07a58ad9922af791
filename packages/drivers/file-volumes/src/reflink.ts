import { constants } from "node:fs";
import { copyFile, type FileHandle, link, open, rm } from "node:fs/promises";
import { DriverError } from "@reeve/driver-sdk";
import { fileError } from "./file-error.ts";
import { partialName } from "./image-name.ts";
import type { Root } from "./root.ts";

const exclusiveClone = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE;

/** Makes a file that shares the storage of another until one of them is written. Atomic, and takes no time to speak of. */
export function reflink(from: FileHandle, to: string): Promise<void> {
  // The opened file, not its name: that may have become something else meanwhile.
  return copyFile(`/proc/self/fd/${from.fd}`, to, exclusiveClone);
}

/**
 * Tries what the driver needs of a file system instead of guessing by its name: whether it can be written, has hard links
 * and, which is the answer, reflinks.
 *
 * @throws DriverError when it has no hard links or cannot be written
 */
export async function probeFileSystem(root: Root): Promise<{ hasReflink: boolean }> {
  const [first, second, third] = [1, 2, 3].map(() => root.file(partialName({ kind: "volume", id: "probe" })));
  try {
    const file = await open(first!, "wx", 0o600);
    try {
      await file.writeFile(Buffer.alloc(4096, 1));
      await link(first!, second!).catch((cause) => {
        throw new DriverError("FAILED_PRECONDITION", `root ${root.path}: its file system has no hard links`, { cause });
      });
      const hasReflink = await reflink(file, third!).then(
        () => true,
        () => false,
      );
      return { hasReflink };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(`root ${root.path}: a trial file`, error);
  } finally {
    await Promise.all([first, second, third].map((path) => rm(path!, { force: true }))).catch(() => {});
  }
}
