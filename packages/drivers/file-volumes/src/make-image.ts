import { constants } from "node:fs";
import { type FileHandle, link, open, rm } from "node:fs/promises";
import { DriverError } from "@reeve/driver-sdk";
import type { Source } from "@reeve/driver-sdk/volume";
import { fallocate } from "./fallocate.ts";
import { errnoOf, fileError } from "./file-error.ts";
import { findLeftovers, type ImageDirectory } from "./image-directory.ts";
import { imageName, partialName } from "./image-name.ts";
import { reflink } from "./reflink.ts";

export interface NewImage {
  readonly image: Source;
  readonly bytes: number;
  readonly signal: AbortSignal;
  /** Share storage with this opened image instead of starting with zeros. */
  readonly reflinkOf?: FileHandle | undefined;
  /** Puts the content into a file of that size that reads as zeros. */
  fill?(file: FileHandle): Promise<void>;
}

const existing = constants.O_RDWR | constants.O_NOFOLLOW;
const exclusive = existing | constants.O_CREAT | constants.O_EXCL;

/**
 * Makes an image that is there whole or not at all: filled under a partial name, flushed, then linked to its own. A link,
 * unlike a rename, never replaces what another process made meanwhile.
 *
 * @throws DriverError `ALREADY_EXISTS`
 */
export async function makeImage(directory: ImageDirectory, making: NewImage): Promise<void> {
  const { root, workspace, locks, inProgress } = directory;
  const { image, signal } = making;
  const name = imageName(image);
  await locks.hold(name, signal, async () => {
    await root.verify();
    if ((await root.sizeOf(name)) !== undefined) throw taken(image);
    for (const leftover of await findLeftovers(directory, image)) await workspace.remove(leftover);
    const partial = partialName(image);
    const path = workspace.file(partial);
    inProgress.add(partial);
    try {
      await writePartial(directory, path, making);
      signal.throwIfAborted();
      await link(path, root.file(name));
      await rm(path, { force: true });
      await root.sync();
    } catch (error) {
      await rm(path, { force: true }).catch(() => {});
      throw notMade(image, error);
    } finally {
      inProgress.delete(partial);
    }
  });
}

async function writePartial({ allocation }: ImageDirectory, path: string, making: NewImage): Promise<void> {
  const { image, bytes, signal, reflinkOf } = making;
  if (reflinkOf) await reflink(reflinkOf, path);
  const file = await open(path, reflinkOf ? existing : exclusive, 0o600);
  try {
    await file.truncate(bytes);
    if (allocation === "full" && image.kind === "volume") await fallocate(file, { bytes }, signal);
    await making.fill?.(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

function notMade(image: Source, error: unknown): unknown {
  if (errnoOf(error) === "EEXIST") return taken(image);
  // The process that took over, after this one was declared dead, has removed what it left.
  if (errnoOf(error) === "ENOENT")
    return new DriverError("ABORTED", `${image.kind} ${image.id}: another process removed it in the making`, {
      cause: error,
    });
  return fileError(imageName(image), error);
}

function taken(image: Source): DriverError {
  return new DriverError("ALREADY_EXISTS", `${image.kind} ${image.id} exists`);
}
