import { changeIf, reachableRow, requireDriver } from "../resource/index.ts";
import { isTaken, type PartialFile, removePartial, writeWhole } from "./exchange-file.ts";
import type { Part, VolumeHandles, VolumeOperations, VolumeRunner } from "./handles.ts";
import type { VolumeRecoverers } from "./jobs.ts";
import { partialName } from "./partial-exports.ts";
import { percents } from "./percent.ts";

const gibibyte = 2 ** 30;

/** Writes volumes to files. A crash leaves no half file under the name asked for, and the volume as it was. */
export function exports(handles: VolumeHandles, runner: VolumeRunner): Part<"export", "volume.exporting"> {
  const { store, driver, work, config, address } = handles;

  const operation: VolumeOperations["export"] = async function* ({ id, file }, ctx) {
    requireDriver(handles);
    const ability = driver.images ?? ctx.fail("UNSUPPORTED", { ability: "images" });
    const directory = config.current.exportDirectory ?? ctx.fail("NO_DIRECTORY", { address });
    const target: PartialFile = { directory, file, partial: partialName(id, handles.newId()) };
    if (await isTaken(target)) ctx.fail("FILE_EXISTS", { file });
    const { job, totalBytes } = await store.transaction(async (tx) => {
      const { status, sizeGiB } = await reachableRow(tx, "volumes", id, ctx);
      await work.requireReleased(tx, id);
      if (status !== "available") ctx.fail("WRONG_STATUS", { status });
      await tx.update("volumes", id, { status: "exporting" });
      return {
        totalBytes: sizeGiB * gibibyte,
        job: await work.begin(tx, "volume.exporting", id, target),
      };
    });
    const control = { signal: ctx.signal, cancel: () => work.cancel(id, ctx.signal.reason) };
    const bytes = yield* percents(control, (progress) =>
      runner.run(job, async ({ signal }) => {
        const data = counted(ability.export({ kind: "volume", id }, { signal }), (doneBytes) =>
          progress({ doneBytes, totalBytes }),
        );
        const written = await writeWhole(target, data);
        return async (tx) => {
          await changeIf(tx, "volumes", id, "exporting", { status: "available" });
          return written;
        };
      }),
    );
    return bytes === undefined ? ctx.fail("FILE_EXISTS", { file }) : { file, bytes };
  };

  const recover: VolumeRecoverers["volume.exporting"] = async (job) => {
    await removePartial(job.payload);
    const id = job.resource;
    const volume = await store.find("volumes", id);
    if (volume?.status !== "exporting") return;
    return (tx) => changeIf(tx, "volumes", id, "exporting", { status: "available" });
  };

  return { operations: { export: operation }, recover: { "volume.exporting": recover } };
}

async function* counted(data: AsyncIterable<Uint8Array>, onBytes: (done: number) => void): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of data) {
    yield chunk;
    done += chunk.byteLength;
    onBytes(done);
  }
}
