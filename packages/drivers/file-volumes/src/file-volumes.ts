import { defineDriver } from "@reeve/driver-sdk";
import { volumeDriver } from "@reeve/driver-sdk/volume";
import { cloneVolume, createSnapshot } from "./copies.ts";
import { deleteImage } from "./delete-image.ts";
import { openDirectory } from "./image-directory.ts";
import { listImages, measureStats } from "./inventory.ts";
import { FileVolumesOptions } from "./options.ts";
import { clearSecondNames } from "./second-names.ts";
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
      await clearSecondNames(directory, context.log);
      return directory;
    } catch (error) {
      directory.lock.release();
      throw error;
    }
  },
  methods: {
    create: createVolume,
    delete: (directory, { id }, call) => deleteImage(directory, { kind: "volume", id }, call),
    extend: extendVolume,
    list: listImages,
    connect: connectVolume,
    disconnect: disconnectVolume,
  },
  abilities: {
    snapshots: {
      create: createSnapshot,
      delete: (directory, { id, volumeId }, call) => deleteImage(directory, { kind: "snapshot", id, volumeId }, call),
    },
    clones: { clone: cloneVolume },
    images: { import: importVolume, export: exportImage },
  },
  check: ({ root }) => root.verify(),
  stats: measureStats,
  close: ({ lock }) => lock.release(),
});
