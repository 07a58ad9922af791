import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { DriverError, type DriverLog } from "@reeve/driver-sdk";
import { fallocate } from "./fallocate.ts";
import { errnoOf } from "./file-error.ts";
import type { Allocation } from "./options.ts";
import type { Growth } from "./workspace.ts";

const pattern = /\.(\d{1,16})\.extension$/;

/** The second name that an image has while it is extended: how large it is to become stands in it. */
export function extensionName(image: string, bytes: number): string {
  return `${image}.${bytes}.extension`;
}

/**
 * Grows a file in one step of the kernel that never shrinks it and writes nothing. A truncation would cut off what was added
 * meanwhile, when its process was paused before it.
 */
export async function growOnly({ file, bytes, allocation, signal }: Omit<Growth, "name">): Promise<void> {
  if (allocation === "full") await fallocate(file, { bytes }, signal);
  else await fallocate(file, { offset: bytes - 1, bytes: 1 }, signal);
}

export interface Finishing {
  readonly allocation: Allocation;
  readonly signal: AbortSignal;
  readonly log: DriverLog;
}

/**
 * Finishes the extension that a fenced session may be in the middle of: it holds the image open, and nothing keeps it from
 * growing it when it wakes. When it does, the image is that large already.
 *
 * @param path of the second name; any other file is left alone
 * @throws DriverError `RESOURCE_EXHAUSTED` when not even one block is free: the fence cannot be promised until one is
 */
export async function finishExtension(path: string, { allocation, signal, log }: Finishing): Promise<void> {
  const bytes = Number(pattern.exec(path)?.[1] ?? 0);
  if (bytes === 0) return;
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW).catch((error) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (!file) return;
  try {
    if ((await file.stat()).size >= bytes) return;
    const growing = { file, bytes, signal };
    await growOnly({ ...growing, allocation }).catch((error) => {
      if (allocation === "sparse" || !isFull(error)) throw error;
      log.warn({ path, bytes, err: error }, "an extension was finished without reserving its storage");
      return growOnly({ ...growing, allocation: "sparse" });
    });
    await file.sync();
  } catch (error) {
    // What is refused for another reason than space is refused to the fenced session as well.
    if (!(error instanceof DriverError) || error.retryable || isFull(error)) throw error;
    log.warn({ path, bytes, err: error }, "an extension of a fenced session was not finished");
  } finally {
    await file.close();
  }
}

function isFull(error: unknown): boolean {
  return error instanceof DriverError && error.code === "RESOURCE_EXHAUSTED";
}
