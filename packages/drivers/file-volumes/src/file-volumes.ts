import { type DriverCall, defineDriver, type Fenced } from "@reeve/driver-sdk";
import { volumeDriver } from "@reeve/driver-sdk/volume";
import { cloneVolume, createSnapshot } from "./copies.ts";
import { deleteImage } from "./delete-image.ts";
import { type ImageDirectory, openDirectory } from "./image-directory.ts";
import { listImages, measureStats } from "./inventory.ts";
import { FileVolumesOptions } from "./options.ts";
import { clearSecondNames } from "./second-names.ts";
import { served } from "./served.ts";
import { exportImage, importVolume } from "./streams.ts";
import { connectVolume, createVolume, disconnectVolume, extendVolume } from "./volumes.ts";

/**
 * Volumes as raw image files in one directory.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option; whether the root can be used shows at set-up
 */
export const fileVolumes = defineDriver(volumeDriver, {
  name: "file-volumes",
  version: "0.1.0",
  options: FileVolumesOptions,
  async setup(options, context) {
    const directory = await openDirectory(options, context);
    try {
      await served(clearSecondNames)(directory, context.log);
      return directory;
    } catch (error) {
      await release(directory).catch(() => {});
      throw error;
    }
  },
  methods: {
    create: served(createVolume),
    delete: served((directory, { id }, call) => deleteImage(directory, { kind: "volume", id }, call)),
    extend: served(extendVolume),
    list: served(listImages),
    connect: served(connectVolume),
    disconnect: disconnectVolume,
  },
  abilities: {
    snapshots: {
      create: served(createSnapshot),
      delete: served((directory, { id, volumeId }, call) =>
        deleteImage(directory, { kind: "snapshot", id, volumeId }, call),
      ),
    },
    clones: { clone: served(cloneVolume) },
    images: { import: served(importVolume), export: exportImage },
  },
  check: served(({ root }) => root.verify()),
  stats: served(measureStats),
  fences: ({ shared }) => shared,
  fence: served(({ workspace }, fenced: Fenced, { signal }: DriverCall) => workspace.fence(fenced, signal)),
  close: release,
});

async function release({ workspace, lock }: ImageDirectory): Promise<void> {
  try {
    await workspace.close();
  } finally {
    lock.release();
  }
}
