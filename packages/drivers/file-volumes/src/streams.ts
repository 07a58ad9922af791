import type { FileHandle } from "node:fs/promises";
import { type DriverCall, DriverError, type TransferCall } from "@reeve/driver-sdk";
import { type ImportSpec, type Source, sizeBytes } from "@reeve/driver-sdk/volume";
import { fileError } from "./file-error.ts";
import type { ImageDirectory } from "./image-directory.ts";
import { imageName } from "./image-name.ts";
import { makeImage } from "./make-image.ts";
import { openImage } from "./open-image.ts";
import { chunkBytes, SparseWriter } from "./sparse.ts";
import { untilAborted } from "./until-aborted.ts";

export async function importVolume(directory: ImageDirectory, spec: ImportSpec, call: TransferCall): Promise<void> {
  const bytes = sizeBytes("sizeGiB", spec.sizeGiB);
  const image = { kind: "volume", id: spec.id } as const;
  await makeImage(directory, { image, bytes, signal: call.signal, fill: (file) => pour(spec, bytes, file, call) });
}

/** Reads from the file that was opened first, whatever takes its name meanwhile. */
export async function* exportImage(
  { root, workspace }: ImageDirectory,
  image: Source,
  { signal }: DriverCall,
): AsyncGenerator<Uint8Array, void, void> {
  await workspace.verify();
  const { file, bytes } = await openImage(root, image, "read");
  try {
    for (let offset = 0; offset < bytes; ) {
      signal.throwIfAborted();
      // A chunk of its own each time: the reader may keep it.
      const chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes, bytes - offset));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
      if (bytesRead === 0) throw new DriverError("ABORTED", `${image.kind} ${image.id} shrank while it was read`);
      offset += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  } catch (error) {
    throw fileError(imageName(image), error);
  } finally {
    await file.close();
  }
}

async function pour({ id, data }: ImportSpec, bytes: number, file: FileHandle, call: TransferCall): Promise<void> {
  const { signal, progress } = call;
  const writer = new SparseWriter(file);
  let doneBytes = 0;
  for await (const chunk of untilAborted(data, signal)) {
    if (!(chunk instanceof Uint8Array))
      throw new DriverError("INVALID_ARGUMENT", `volume ${id}: data: a chunk is ${typeof chunk}; give Uint8Array`);
    if (doneBytes + chunk.length > bytes)
      throw new DriverError("INVALID_ARGUMENT", `volume ${id}: data: more than the volume's ${bytes} bytes`);
    await writer.write(chunk, doneBytes);
    doneBytes += chunk.length;
    progress({ doneBytes, totalBytes: bytes });
  }
}
