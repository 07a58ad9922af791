import { readdir } from "node:fs/promises";
import { removePartial } from "./exchange-file.ts";
import type { VolumeHandles } from "./handles.ts";

/** What an export of a volume writes to until it is whole. */
export function partialName(volumeId: string, exportId: string): string {
  return `.${volumeId}.${exportId}.partial`;
}

const partials = /^\.([0-9A-Za-z][0-9A-Za-z_-]{0,63})\.[0-9A-Z]{26}\.partial$/;

/**
 * Removes what exports of this host have left half way whose work another member of the cluster has settled: that one need not have
 * this directory. Files of volumes that are exported right now, and of those that the database does not know, are left alone.
 */
export async function removePartialExports({ store, config, log }: VolumeHandles): Promise<void> {
  const directory = config.current.exportDirectory;
  if (directory === undefined) return;
  for (const partial of await namesIn(directory)) {
    const id = partials.exec(partial)?.[1];
    const volume = id === undefined ? undefined : await store.find("volumes", id);
    if (!volume || volume.status === "exporting") continue;
    await removePartial({ directory, file: "", partial }).catch((err: unknown) =>
      log.warn({ directory, partial, err }, "what an export has left half way could not be removed"),
    );
  }
}

/** None where it is not there now: exports fail for that as well. */
async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}
