import type { Attempts } from "./attempts.ts";
import { afterFailedDelete } from "./failed-delete.ts";
import type { Part, VolumeHandles, VolumeOperations } from "./handles.ts";
import type { VolumeRecoverers } from "./jobs.ts";
import { requireQuota } from "./quota.ts";
import { requireDriver } from "./require-driver.ts";
import { changeSnapshot } from "./status.ts";
import { snapshotOf, volumeOf } from "./tenancy.ts";
import { isWithdrawn } from "./withdrawn.ts";

/** Takes and removes snapshots. While one is made or removed, its volume's lane is held, so the volume stays as it is. */
export function snapshots(
  handles: VolumeHandles,
  attempts: Attempts,
): Part<"snapshot" | "deleteSnapshot", "snapshot.creating" | "snapshot.deleting"> {
  const { store, work, driver, config } = handles;

  const snapshot: VolumeOperations["snapshot"] = async ({ id: volumeId, name }, ctx) => {
    requireDriver(handles);
    const ability = driver.snapshots ?? ctx.fail("UNSUPPORTED", { ability: "snapshots" });
    const id = handles.newId();
    const job = await store.transaction(async (tx) => {
      const { status, tenant, sizeGiB } = await volumeOf(tx, volumeId, ctx);
      await work.requireReleased(tx, volumeId);
      if (status !== "available") ctx.fail("WRONG_STATUS", { status });
      await requireQuota(tx, ctx, config.current, tenant, sizeGiB);
      await tx.insert("snapshots", { id, volumeId, name, tenant, sizeGiB, status: "creating" });
      return work.begin(tx, "snapshot.creating", id, { volumeId });
    });
    return attempts.run(job, async ({ signal }) => {
      await ability.create({ id, volumeId }, { signal });
      return (tx) => changeSnapshot(tx, id, "creating", { status: "available" });
    });
  };

  const recoverCreating: VolumeRecoverers["snapshot.creating"] = async (job, context) => {
    const id = job.resource;
    const { volumeId } = job.payload;
    const found = await store.find("snapshots", id);
    if (found?.status !== "creating") return;
    const { signal } = context;
    const images = await driver.list({ signal });
    if (images.snapshots.some((image) => image.id === id)) {
      return (tx) => changeSnapshot(tx, id, "creating", { status: "available" });
    }
    await driver.snapshots?.delete({ id, volumeId }, { signal });
    if (isWithdrawn(context))
      return (tx) => tx.deleteFrom("snapshots").where("id", "=", id).where("status", "=", "creating").execute();
    const fault = attempts.faultOf(job, context);
    return (tx) => changeSnapshot(tx, id, "creating", { status: "error", fault });
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
    await attempts.run(job, async ({ signal }) => {
      await ability.delete({ id, volumeId }, { signal });
      return (tx) => tx.delete("snapshots", id);
    });
  };

  const recoverDeleting: VolumeRecoverers["snapshot.deleting"] = async (job, { signal }) => {
    const id = job.resource;
    const deleting = job.payload;
    const found = await store.find("snapshots", id);
    if (found?.status !== "deleting") return;
    try {
      await driver.snapshots?.delete({ id, volumeId: deleting.volumeId }, { signal });
    } catch (error) {
      const after = afterFailedDelete(error, deleting);
      return (tx) => changeSnapshot(tx, id, "deleting", after);
    }
    return (tx) => tx.deleteFrom("snapshots").where("id", "=", id).where("status", "=", "deleting").execute();
  };

  return {
    operations: { snapshot, deleteSnapshot },
    recover: { "snapshot.creating": recoverCreating, "snapshot.deleting": recoverDeleting },
  };
}
