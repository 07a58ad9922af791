import { lstat, statfs } from "node:fs/promises";
import type { DriverCall } from "@reeve/driver-sdk";
import { type Inventory, type Leftover, sizeGiB, type VolumeStats } from "@reeve/driver-sdk/volume";
import { errnoOf, fileError } from "./file-error.ts";
import { type FoundFile, findFiles, type ImageDirectory } from "./image-directory.ts";
import { imageName } from "./image-name.ts";
import { clearSecondNames } from "./second-names.ts";

interface Measured extends FoundFile {
  readonly bytes: number;
}

/** Files looked at together. More would only queue in Node's four file threads. */
const batch = 64;

export async function listImages(directory: ImageDirectory, { log }: DriverCall): Promise<Inventory> {
  await directory.root.verify();
  await clearSecondNames(directory, log);
  const measured = await measure(directory);
  const volumes: Inventory["volumes"][number][] = [];
  const snapshots: Inventory["snapshots"][number][] = [];
  const leftovers = new Map<string, Leftover>();
  for (const { image, partial, bytes } of measured) {
    if (partial) {
      const known = leftovers.get(imageName(image));
      leftovers.set(imageName(image), { ...image, bytes: bytes + (known?.bytes ?? 0) });
    } else if (image.kind === "volume") volumes.push({ id: image.id, sizeGiB: sizeGiB(bytes) });
    else snapshots.push({ id: image.id, volumeId: image.volumeId, sizeGiB: sizeGiB(bytes) });
  }
  // Another process may have got so far since: deleting such a leftover by its id would take the finished image.
  for (const { image, partial } of measured) if (!partial) leftovers.delete(imageName(image));
  return { volumes, snapshots, leftovers: [...leftovers.values()] };
}

export async function measureStats(directory: ImageDirectory): Promise<VolumeStats> {
  const { root } = directory;
  const [measured, system] = await Promise.all([measure(directory), fileSystem(root.path)]);
  const provisionedBytes = measured.reduce((sum, { partial, bytes }) => (partial ? sum : sum + bytes), 0);
  return { ...system, provisionedBytes };
}

async function fileSystem(path: string): Promise<Pick<VolumeStats, "totalBytes" | "freeBytes">> {
  const { blocks, bavail, bsize } = await statfs(path, { bigint: true }).catch((error) => {
    throw fileError(`root ${path}`, error);
  });
  return { totalBytes: Number(blocks * bsize), freeBytes: Number(bavail * bsize) };
}

async function measure(directory: ImageDirectory): Promise<Measured[]> {
  await directory.root.verify();
  const files = await findFiles(directory);
  const measured: Measured[] = [];
  for (let at = 0; at < files.length; at += batch) {
    const sizes = await Promise.all(files.slice(at, at + batch).map((file) => sizeOf(directory, file)));
    for (const [i, bytes] of sizes.entries()) if (bytes !== undefined) measured.push({ ...files[at + i]!, bytes });
  }
  return measured;
}

/** Of an image its size, of a leftover the storage it takes; undefined for what went away or is no regular file. */
async function sizeOf({ root }: ImageDirectory, { name, partial }: FoundFile): Promise<number | undefined> {
  try {
    const found = await lstat(root.file(name));
    if (!found.isFile()) return undefined;
    return partial ? found.blocks * 512 : found.size;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw fileError(name, error);
  }
}
