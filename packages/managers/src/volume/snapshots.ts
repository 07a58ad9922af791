import {
  changeIf,
  deleteIf,
  reachableRow,
  recoverCreation,
  recoverDeletion,
  requireDriver,
} from "../resource/index.ts";
import type { Part, VolumeHandles, VolumeOperations, VolumeRunner } from "./handles.ts";
import type { VolumeRecoverers } from "./jobs.ts";
import { requireGiB } from "./quota.ts";
import { snapshotOf } from "./snapshot-of.ts";

/** Takes and removes snapshots. While one is made or removed, its volume's lane is held, so the volume stays as it is. */
export function snapshots(
  handles: VolumeHandles,
  runner: VolumeRunner,
): Part<"snapshot" | "deleteSnapshot", "snapshot.creating" | "snapshot.deleting"> {
  const { store, work, driver, config } = handles;

  const snapshot: VolumeOperations["snapshot"] = async ({ id: volumeId, name }, ctx) => {
    requireDriver(handles);
    const ability = driver.snapshots ?? ctx.fail("UNSUPPORTED", { ability: "snapshots" });
    const id = handles.newId();
    const job = await store.transaction(async (tx) => {
      const { status, tenant, sizeGiB } = await reachableRow(tx, "volumes", volumeId, ctx);
      await work.requireReleased(tx, volumeId);
      if (status !== "available") ctx.fail("WRONG_STATUS", { status });
      await requireGiB(tx, ctx, config.current, tenant, sizeGiB);
      await tx.insert("snapshots", { id, volumeId, name, tenant, sizeGiB, status: "creating" });
      return work.begin(tx, "snapshot.creating", id, { volumeId });
    });
    return runner.run(job, async ({ signal }) => {
      await ability.create({ id, volumeId }, { signal });
      return (tx) => changeIf(tx, "snapshots", id, "creating", { status: "available" });
    });
  };

  const recoverCreating: VolumeRecoverers["snapshot.creating"] = (job, context) => {
    const { resource: id, payload } = job;
    return recoverCreation(store, "snapshots", job, context, {
      exists: async (signal) => (await driver.list({ signal })).snapshots.some((image) => image.id === id),
      remove: async (signal) => driver.snapshots?.delete({ id, volumeId: payload.volumeId }, { signal }),
    });
  };

  const deleteSnapshot: VolumeOperations["deleteSnapshot"] = async ({ id: volumeId, snapshotId: id }, ctx) => {
    requireDriver(handles);
    const ability = driver.snapshots ?? ctx.fail("UNSUPPORTED", { ability: "snapshots" });
    const job = await store.transaction(async (tx) => {
      const { status: was, fault } = await snapshotOf(tx, volumeId, id, ctx);
      await work.requireReleased(tx, id);
      if (was !== "available" && was !== "error") ctx.fail("WRONG_STATUS", { status: was });
      await tx.update("snapshots", id, { status: "deleting" });
      return work.begin(tx, "snapshot.deleting", id, { volumeId, was, fault });
    });
    await runner.run(job, async ({ signal }) => {
      await ability.delete({ id, volumeId }, { signal });
      return (tx) => deleteIf(tx, "snapshots", id, "deleting");
    });
  };

  const recoverDeleting: VolumeRecoverers["snapshot.deleting"] = (job, { signal }) =>
    recoverDeletion(store, "snapshots", job, async () =>
      driver.snapshots?.delete({ id: job.resource, volumeId: job.payload.volumeId }, { signal }),
    );

  return {
    operations: { snapshot, deleteSnapshot },
    recover: { "snapshot.creating": recoverCreating, "snapshot.deleting": recoverDeleting },
  };
}
