import { appendFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ImageRequest } from "./server.ts";

interface ImageWrite extends ImageRequest {
  readonly images: string;
}

const blocks = 20;
const blockMs = 25;

/** Stands for the service that writes images to disks: a file, block by block. A model named `dud` fails twice. */
export async function imageServer({ images, id, model, attempt }: ImageWrite, signal: AbortSignal): Promise<void> {
  for (let block = 1; block <= blocks; block++) {
    await setTimeout(blockMs, undefined, { signal });
    await appendFile(partOf(images, id), `${model} block ${block}\n`);
    if (model === "dud" && attempt < 3 && block === 2) throw new Error(`block ${block} cannot be written`);
  }
  await rename(partOf(images, id), imageOf(images, id));
}

/** Undoes what was half done. */
export async function eraseImage(images: string, id: string): Promise<void> {
  await rm(partOf(images, id), { force: true });
}

export const partOf = (images: string, id: string) => join(images, `${id}.part`);
export const imageOf = (images: string, id: string) => join(images, `${id}.img`);
