import type { DriverCall } from "@reeve/driver-sdk";
import type { Source } from "@reeve/driver-sdk/volume";
import { fileError } from "./file-error.ts";
import { findLeftovers, type ImageDirectory } from "./image-directory.ts";
import { imageName } from "./image-name.ts";

/** Removes an image and what attempts at it left. Succeeds when there is nothing. */
export async function deleteImage(directory: ImageDirectory, image: Source, { signal }: DriverCall): Promise<void> {
  const { root, workspace, locks } = directory;
  const name = imageName(image);
  await locks.hold(name, signal, async () => {
    await root.verify();
    const finished = (await root.sizeOf(name)) === undefined ? [] : [name];
    const found = [...finished, ...(await findLeftovers(directory, image))];
    try {
      for (const file of found) await workspace.remove(file);
      if (found.length > 0) await root.sync();
    } catch (error) {
      throw fileError(name, error);
    }
  });
}
