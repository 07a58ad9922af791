import type { Attempts } from "./attempts.ts";
import { afterFailedDelete } from "./failed-delete.ts";
import type { Part, VolumeHandles, VolumeOperations } from "./handles.ts";
import type { VolumeRecoverers } from "./jobs.ts";
import type { PlacedVolumes } from "./placed.ts";
import { requireDriver } from "./require-driver.ts";
import { snapshotCount } from "./snapshot-count.ts";
import { changeVolume } from "./status.ts";
import { volumeOf } from "./tenancy.ts";

/** Removes volumes. A deletion that has begun is carried through, after a crash and when the driver was away. */
export function deleteVolumes(
  handles: VolumeHandles,
  attempts: Attempts,
  placed: PlacedVolumes,
): Part<"delete", "volume.deleting"> {
  const { store, work, driver } = handles;

  const operation: VolumeOperations["delete"] = async ({ id }, ctx) => {
    const job = await store.transaction(async (tx) => {
      const volume = await volumeOf(tx, id, ctx);
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
    await attempts.run(job, async ({ signal }) => {
      if (job.payload.held) await driver.delete({ id }, { signal });
      placed.gone(ctx, id);
      return (tx) => tx.delete("volumes", id);
    });
  };

  const recover: VolumeRecoverers["volume.deleting"] = async (job, { signal }) => {
    const id = job.resource;
    const deleting = job.payload;
    const volume = await store.find("volumes", id);
    if (volume?.status !== "deleting") return;
    try {
      if (deleting.held) await driver.delete({ id }, { signal });
    } catch (error) {
      const after = afterFailedDelete(error, deleting);
      return (tx) => changeVolume(tx, id, "deleting", after);
    }
    return (tx) => tx.deleteFrom("volumes").where("id", "=", id).where("status", "=", "deleting").execute();
  };

  return { operations: { delete: operation }, recover: { "volume.deleting": recover } };
}
