import type { Job, OperationContext, Transaction } from "@reeve/runtime";
import {
  changeIf,
  deleteIf,
  reachableRow,
  recoverCreation,
  recoverDeletion,
  requireDriver,
  saysNobodyTakesIt,
} from "../resource/index.ts";
import { type snapshotDeletionErrors, volumes } from "./contract.ts";
import { beforeDeletion } from "./deferred.ts";
import type { Part, VolumeHandles, VolumeOperations, VolumeRunner } from "./handles.ts";
import { homeOf } from "./home.ts";
import { requireNoCopies } from "./in-use.ts";
import type { DeletingSnapshot, VolumeRecoverers } from "./jobs.ts";
import { requireGiB } from "./quota.ts";
import { snapshotOf } from "./snapshot-of.ts";
import type { SnapshotRow, VolumeStore } from "./store.ts";

type DeletingContext = OperationContext<typeof snapshotDeletionErrors>;
type Snapshots = NonNullable<VolumeHandles["driver"]["snapshots"]>;

/** Takes and removes snapshots. While one is made or removed, its volume's lane is held, so the volume stays as it is. */
export function snapshots(
  handles: VolumeHandles,
  runner: VolumeRunner,
): Part<"snapshot" | "deleteSnapshot" | "removeSnapshot", "snapshot.creating" | "snapshot.deleting"> & {
  /** Removes a snapshot that was to be deleted while this host was gone. */
  readonly deferred: (row: SnapshotRow) => Promise<void>;
} {
  const { store, work, driver, config } = handles;
  const home = homeOf(handles);

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
    await snapshotOf(store, volumeId, id, ctx);
    const { host } = await reachableRow(store, "volumes", volumeId, ctx);
    if (host === null || host === home) await removeHere(volumeId, id, ctx);
    else {
      try {
        await ctx.ref(volumes).at(host).removeSnapshot({ id: volumeId, snapshotId: id });
      } catch (error) {
        if (!saysNobodyTakesIt(error)) throw error;
        await store.transaction(async (tx) => {
          const row = await snapshotOf(tx, volumeId, id, ctx);
          // Its host has begun, or was told of it before.
          if (row.status === "deleting") return;
          requireDeletable(row, ctx);
          await tx.update("snapshots", id, { status: "deleting", deferred: true });
        });
        return { state: "deferred", host };
      }
    }
    return { state: "deleted", host };
  };

  async function removeHere(volumeId: string, id: string, ctx: DeletingContext): Promise<void> {
    requireDriver(handles);
    const ability = driver.snapshots ?? ctx.fail("UNSUPPORTED", { ability: "snapshots" });
    const job = await store.transaction(async (tx) => {
      const row = await snapshotOf(tx, volumeId, id, ctx);
      await work.requireReleased(tx, id);
      requireDeletable(row, ctx);
      await requireNoCopies(tx, volumeId);
      return beginDeleting(tx, row);
    });
    await carryOut(job, ability);
  }

  function requireDeletable(row: SnapshotRow, ctx: DeletingContext): void {
    const { was } = beforeDeletion(row);
    if (was !== "available" && was !== "error") ctx.fail("WRONG_STATUS", { status: was });
  }

  async function beginDeleting(tx: Transaction<VolumeStore>, row: SnapshotRow): Promise<Job<DeletingSnapshot>> {
    const { id, volumeId } = row;
    await tx.update("snapshots", id, { status: "deleting", deferred: false });
    return work.begin(tx, "snapshot.deleting", id, { volumeId, ...beforeDeletion(row) });
  }

  async function carryOut(job: Job<DeletingSnapshot>, ability: Snapshots): Promise<void> {
    const id = job.resource;
    await runner.run(job, async ({ signal }) => {
      await ability.delete({ id, volumeId: job.payload.volumeId }, { signal });
      return (tx) => deleteIf(tx, "snapshots", id, "deleting");
    });
  }

  async function deferred({ id }: SnapshotRow): Promise<void> {
    const ability = driver.snapshots;
    if (!ability) return;
    const job = await store.transaction(async (tx) => {
      const row = await tx.find("snapshots", id);
      return row?.deferred ? beginDeleting(tx, row) : undefined;
    });
    if (job) await carryOut(job, ability);
  }

  const recoverDeleting: VolumeRecoverers["snapshot.deleting"] = (job, { signal }) =>
    recoverDeletion(store, "snapshots", job, async () =>
      driver.snapshots?.delete({ id: job.resource, volumeId: job.payload.volumeId }, { signal }),
    );

  return {
    operations: {
      snapshot,
      deleteSnapshot,
      removeSnapshot: ({ id, snapshotId }, ctx) => removeHere(id, snapshotId, ctx),
    },
    recover: { "snapshot.creating": recoverCreating, "snapshot.deleting": recoverDeleting },
    deferred,
  };
}
