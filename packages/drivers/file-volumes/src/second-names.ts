import { lstat } from "node:fs/promises";
import type { DriverLog } from "@reeve/driver-sdk";
import { errnoOf, fileError } from "./file-error.ts";
import { findFiles, type ImageDirectory } from "./image-directory.ts";
import { imageName } from "./image-name.ts";

/**
 * Removes the partial name of an image that has its own: its maker was killed between the two. Whoever that is may even be
 * alive, as the name is of no use to it either. A partial file beside an image that is another file is only told of: some
 * process may still write it.
 */
export async function clearSecondNames(directory: ImageDirectory, log: DriverLog): Promise<void> {
  const { root, workspace } = directory;
  const files = await findFiles(directory);
  const finished = new Set(files.filter(({ partial }) => !partial).map(({ name }) => name));
  for (const { name, image, partial } of files) {
    const own = imageName(image);
    if (!partial || !finished.has(own)) continue;
    const [first, second] = await Promise.all([fileOf(root.file(own)), fileOf(root.file(name))]);
    if (first === undefined || second === undefined) continue;
    if (first !== second) {
      log.warn({ file: name }, `an attempt at ${own} that another one overtook; remove it once no process writes it`);
      continue;
    }
    await workspace.remove(name).catch((error) => {
      throw fileError(name, error);
    });
    log.info({ file: name }, `removed the second name of ${own}, whose maker was killed`);
  }
}

/** Tells files from each other, whatever their names; undefined for one that is gone. */
async function fileOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await lstat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw fileError(path, error);
  }
}
