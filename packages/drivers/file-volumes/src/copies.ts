import { DriverError, type TransferCall } from "@reeve/driver-sdk";
import { type CloneSpec, type SnapshotKey, type Source, sizeBytes } from "@reeve/driver-sdk/volume";
import type { ImageDirectory } from "./image-directory.ts";
import { makeImage } from "./make-image.ts";
import { withImage } from "./open-image.ts";
import { copySparse } from "./sparse.ts";

interface Copying {
  readonly from: Source;
  readonly to: Source;
  /** Default: as large as the source. */
  readonly toBytes?: number;
  readonly share: boolean;
}

/** Freezes a volume's content: at one moment where there are reflinks, else while nobody may write the volume. */
export function createSnapshot(
  directory: ImageDirectory,
  { id, volumeId }: SnapshotKey,
  call: TransferCall,
): Promise<void> {
  const from = { kind: "volume", id: volumeId } as const;
  return copyImage(directory, { from, to: { kind: "snapshot", id, volumeId }, share: true }, call);
}

export function cloneVolume(directory: ImageDirectory, spec: CloneSpec, call: TransferCall): Promise<void> {
  const { id, from, sizeGiB, independent = false } = spec;
  const toBytes = sizeBytes("sizeGiB", sizeGiB);
  return copyImage(directory, { from, to: { kind: "volume", id }, toBytes, share: !independent }, call);
}

async function copyImage(directory: ImageDirectory, copying: Copying, call: TransferCall): Promise<void> {
  const { from, to, share } = copying;
  await withImage(directory.root, from, "read", async ({ file: source, bytes }) => {
    const toBytes = copying.toBytes ?? bytes;
    if (toBytes < bytes)
      throw new DriverError(
        "INVALID_ARGUMENT",
        `volume ${to.id}: ${toBytes} bytes are less than the ${bytes} of ${from.kind} ${from.id}`,
      );
    const making = { image: to, bytes: toBytes, signal: call.signal };
    if (share && directory.hasReflink) await makeImage(directory, { ...making, reflinkOf: source });
    else await makeImage(directory, { ...making, fill: (file) => copySparse(source, file, { ...call, bytes }) });
    call.progress({ doneBytes: bytes, totalBytes: bytes });
  });
}
