import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { DriverError } from "@reeve/driver-sdk";
import type { Source } from "@reeve/driver-sdk/volume";
import { errnoOf, fileError } from "./file-error.ts";
import { imageName } from "./image-name.ts";
import type { Root } from "./root.ts";

export interface OpenImage {
  /** To be closed by who opened it. */
  readonly file: FileHandle;
  readonly bytes: number;
}

// O_NONBLOCK: a pipe of that name must not hold the open.
const reading = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const writing = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens an image: never through a symbolic link, never anything but a regular file.
 *
 * @throws DriverError `NOT_FOUND` naming the image
 */
export async function openImage(root: Root, image: Source, mode: "read" | "write"): Promise<OpenImage> {
  const name = imageName(image);
  await root.verify();
  const file = await open(root.file(name), mode === "read" ? reading : writing).catch((error) => {
    if (errnoOf(error) === "ENOENT") throw new DriverError("NOT_FOUND", `${image.kind} ${image.id} does not exist`);
    throw fileError(name, error);
  });
  const found = await file.stat();
  if (found.isFile()) return { file, bytes: found.size };
  await file.close();
  throw new DriverError("FAILED_PRECONDITION", `${name}: not a regular file`);
}

/** Gives the work an opened image and closes it afterwards. */
export async function withImage<T>(
  root: Root,
  image: Source,
  mode: "read" | "write",
  work: (opened: OpenImage) => Promise<T>,
): Promise<T> {
  const opened = await openImage(root, image, mode);
  try {
    return await work(opened);
  } catch (error) {
    throw fileError(imageName(image), error);
  } finally {
    await opened.file.close();
  }
}
