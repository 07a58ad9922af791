import { changeIf, reachableRow, requireDriver } from "../resource/index.ts";
import type { Part, VolumeHandles, VolumeOperations, VolumeRunner } from "./handles.ts";
import { requireNoCopies, requireNoNewSnapshot } from "./in-use.ts";
import type { VolumeRecoverers } from "./jobs.ts";
import { requireGiB } from "./quota.ts";

/** Grows volumes. The larger size counts from the start; when it does not come to be, the volume is as it was. */
export function extendVolumes(handles: VolumeHandles, runner: VolumeRunner): Part<"extend", "volume.extending"> {
  const { store, work, driver, config } = handles;

  const operation: VolumeOperations["extend"] = async ({ id, sizeGiB }, ctx) => {
    requireDriver(handles);
    const { volume, job } = await store.transaction(async (tx) => {
      const found = await reachableRow(tx, "volumes", id, ctx);
      await work.requireReleased(tx, id);
      if (found.status !== "available") ctx.fail("WRONG_STATUS", { status: found.status });
      if (sizeGiB < found.sizeGiB) ctx.fail("TOO_SMALL", { leastGiB: found.sizeGiB });
      if (sizeGiB === found.sizeGiB) return { volume: found, job: undefined };
      await requireNoCopies(tx, id);
      await requireNoNewSnapshot(tx, id);
      await requireGiB(tx, ctx, config.current, found.tenant, sizeGiB - found.reservedGiB);
      return {
        volume: await tx.update("volumes", id, { status: "extending", reservedGiB: sizeGiB }),
        job: await work.begin(tx, "volume.extending", id, { sizeGiB }),
      };
    });
    if (!job) return volume;
    return runner.run(job, async ({ signal }) => {
      await driver.extend({ id, name: volume.name, sizeGiB }, { signal });
      return (tx) => changeIf(tx, "volumes", id, "extending", { status: "available", sizeGiB });
    });
  };

  const recover: VolumeRecoverers["volume.extending"] = async (job, { signal }) => {
    const id = job.resource;
    const { sizeGiB: wanted } = job.payload;
    const volume = await store.find("volumes", id);
    if (volume?.status !== "extending") return;
    const images = await driver.list({ signal });
    const image = images.volumes.find((candidate) => candidate.id === id);
    const grown = image !== undefined && image.sizeGiB >= wanted;
    const sizeGiB = grown ? wanted : volume.sizeGiB;
    const changes = { sizeGiB, reservedGiB: sizeGiB };
    if (image) return (tx) => changeIf(tx, "volumes", id, "extending", { ...changes, status: "available" });
    const fault = { reason: "MISSING", message: "the backend has lost its image" } as const;
    return (tx) => changeIf(tx, "volumes", id, "extending", { ...changes, status: "error", fault });
  };

  return { operations: { extend: operation }, recover: { "volume.extending": recover } };
}
