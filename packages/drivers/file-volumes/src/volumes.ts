import { type DriverCall, DriverError } from "@reeve/driver-sdk";
import { sizeBytes, type VolumeConnection, type VolumeKey, type VolumeSpec } from "@reeve/driver-sdk/volume";
import type { ImageDirectory } from "./image-directory.ts";
import { imageName } from "./image-name.ts";
import { makeImage } from "./make-image.ts";
import { withImage } from "./open-image.ts";

const volume = ({ id }: VolumeKey) => ({ kind: "volume", id }) as const;

export async function createVolume(directory: ImageDirectory, spec: VolumeSpec, call: DriverCall): Promise<void> {
  const bytes = sizeBytes("sizeGiB", spec.sizeGiB);
  await makeImage(directory, { image: volume(spec), bytes, signal: call.signal });
}

export async function extendVolume(directory: ImageDirectory, spec: VolumeSpec, call: DriverCall): Promise<void> {
  const image = volume(spec);
  const wanted = sizeBytes("sizeGiB", spec.sizeGiB);
  await directory.locks.hold(imageName(image), call.signal, () =>
    withImage(directory.root, image, "write", async ({ file, bytes }) => {
      if (wanted < bytes)
        throw new DriverError("INVALID_ARGUMENT", `volume ${spec.id}: ${wanted} bytes are less than its ${bytes}`);
      if (wanted === bytes) return;
      const { workspace, allocation } = directory;
      await workspace.grow({ name: imageName(image), file, bytes: wanted, allocation, signal: call.signal });
    }),
  );
}

export async function connectVolume(directory: ImageDirectory, key: VolumeKey): Promise<VolumeConnection> {
  const image = volume(key);
  return withImage(directory.root, image, "read", async () => ({
    kind: "file",
    path: directory.root.file(imageName(image)),
  }));
}

/** An image file needs no undoing; but a malformed id is refused as everywhere. */
export function disconnectVolume(_directory: ImageDirectory, key: VolumeKey): void {
  imageName(volume(key));
}
