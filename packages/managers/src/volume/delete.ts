import { deleteIf, reachableRow, recoverDeletion, requireDriver } from "../resource/index.ts";
import type { Part, PlacedVolumes, VolumeHandles, VolumeOperations, VolumeRunner } from "./handles.ts";
import type { VolumeRecoverers } from "./jobs.ts";
import { snapshotCount } from "./snapshot-count.ts";

/** Removes volumes. A deletion that has begun is carried through, after a crash and when the driver was away. */
export function deleteVolumes(
  handles: VolumeHandles,
  runner: VolumeRunner,
  placed: PlacedVolumes,
): Part<"delete", "volume.deleting"> {
  const { store, work, driver } = handles;

  const operation: VolumeOperations["delete"] = async ({ id }, ctx) => {
    const job = await store.transaction(async (tx) => {
      const volume = await reachableRow(tx, "volumes", id, ctx);
      const { status: was, fault, host, connected } = volume;
      await work.requireReleased(tx, id);
      if (was !== "available" && was !== "error") ctx.fail("WRONG_STATUS", { status: was });
      if (host !== null) requireDriver(handles);
      if (connected) ctx.fail("IN_USE", { host });
      const snapshots = await snapshotCount(tx, id);
      if (snapshots > 0) ctx.fail("HAS_SNAPSHOTS", { snapshots });
      await tx.update("volumes", id, { status: "deleting" });
      return work.begin(tx, "volume.deleting", id, { was, fault, held: host !== null });
    });
    await runner.run(job, async ({ signal }) => {
      if (job.payload.held) await driver.delete({ id }, { signal });
      placed.gone(ctx, id);
      return (tx) => deleteIf(tx, "volumes", id, "deleting");
    });
  };

  const recover: VolumeRecoverers["volume.deleting"] = (job, { signal }) =>
    recoverDeletion(store, "volumes", job, async () => {
      if (job.payload.held) await driver.delete({ id: job.resource }, { signal });
    });

  return { operations: { delete: operation }, recover: { "volume.deleting": recover } };
}
