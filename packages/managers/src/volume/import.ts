import { requireDriver, tenantOf } from "../resource/index.ts";
import type { VolumeCreation } from "./creation.ts";
import { type ImportFile, openForImport, UnusableFile } from "./exchange-file.ts";
import type { Part, VolumeHandles, VolumeOperations } from "./handles.ts";
import { percents } from "./percent.ts";

type Import = VolumeOperations["import"];
type Context = Parameters<Import>[1];

const mebibyte = 2 ** 20;

/** Makes volumes from files. */
export function imports(handles: VolumeHandles, creation: VolumeCreation): Part<"import", "volume.importing"> {
  const { store, driver, work, config, address } = handles;

  async function openFile(file: string, ctx: Context): Promise<ImportFile> {
    const directory = config.current.exportDirectory ?? ctx.fail("NO_DIRECTORY", { address });
    try {
      return await openForImport(directory, file);
    } catch (error) {
      if (error instanceof UnusableFile) ctx.fail("NO_FILE", { file, why: error.message });
      throw error;
    }
  }

  const operation: Import = async function* (input, ctx) {
    requireDriver(handles);
    const ability = driver.images ?? ctx.fail("UNSUPPORTED", { ability: "images" });
    const { bytes, data, close } = await openFile(input.file, ctx);
    try {
      const leastGiB = Math.max(1, Math.ceil(bytes / mebibyte)) / 1024;
      const sizeGiB = input.sizeGiB ?? leastGiB;
      if (sizeGiB < leastGiB) ctx.fail("TOO_SMALL", { leastGiB });
      const volume = { id: handles.newId(), name: input.name, tenant: tenantOf(ctx), sizeGiB };
      const job = await store.transaction(async (tx) => {
        await creation.insert(tx, ctx, volume);
        return work.begin(tx, "volume.importing", volume.id);
      });
      const control = { signal: ctx.signal, cancel: () => work.cancel(volume.id, ctx.signal.reason) };
      return yield* percents(control, (progress) => {
        const onProgress = ({ doneBytes }: { readonly doneBytes: number }) =>
          progress({ doneBytes, totalBytes: bytes });
        return creation.run(job, ({ signal }) => ability.import({ ...volume, data }, { signal, onProgress }));
      });
    } finally {
      await close();
    }
  };

  return { operations: { import: operation }, recover: { "volume.importing": creation.recover } };
}
