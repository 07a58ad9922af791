import type { Context, Job, OperationContext, Transaction } from "@reeve/runtime";
import { deleteIf, reachableRow, recoverDeletion, requireDriver, saysNobodyTakesIt } from "../resource/index.ts";
import { type volumeDeletionErrors, volumes } from "./contract.ts";
import { beforeDeletion } from "./deferred.ts";
import type { Part, PlacedVolumes, VolumeHandles, VolumeOperations, VolumeRunner } from "./handles.ts";
import { homeOf } from "./home.ts";
import { requireNoCopies } from "./in-use.ts";
import type { Deleting, VolumeRecoverers } from "./jobs.ts";
import { snapshotCount } from "./snapshot-count.ts";
import type { VolumeRow, VolumeStore } from "./store.ts";

type DeletingContext = OperationContext<typeof volumeDeletionErrors>;

/** Of a volume that was to be removed while its host was gone. */
type Deferred = (ctx: Context, row: VolumeRow) => Promise<void>;

/**
 * Removes volumes. A deletion that has begun is carried through, after a crash and when the driver was away. One that is asked for
 * while the host is gone is noted in the row, which is all that the host needs to carry it out when it is back: nothing has to reach
 * it, and the one that was asked may be gone by then.
 */
export function deleteVolumes(
  handles: VolumeHandles,
  runner: VolumeRunner,
  placed: PlacedVolumes,
): Part<"delete" | "remove", "volume.deleting"> & { readonly deferred: Deferred } {
  const { store, work, driver } = handles;
  const home = homeOf(handles);

  const operation: VolumeOperations["delete"] = async ({ id }, ctx) => {
    const { host } = await reachableRow(store, "volumes", id, ctx);
    if (host === null || host === home) await removeHere(id, ctx);
    else {
      try {
        await ctx.ref(volumes).at(host).remove({ id });
      } catch (error) {
        if (!saysNobodyTakesIt(error)) throw error;
        await store.transaction((tx) => defer(tx, id, ctx));
        return { state: "deferred", host };
      }
    }
    return { state: "deleted", host };
  };

  async function defer(tx: Transaction<VolumeStore>, id: string, ctx: DeletingContext): Promise<void> {
    const row = await reachableRow(tx, "volumes", id, ctx);
    // Its host has begun, or was told of it before: either way it goes on with it.
    if (row.status === "deleting") return;
    // Snapshots that are to go as well go first.
    requireDeletable(row, ctx, await snapshotCount(tx, id, { besideDeferred: true }));
    await tx.update("volumes", id, { status: "deleting", deferred: true });
  }

  async function removeHere(id: string, ctx: DeletingContext): Promise<void> {
    const job = await store.transaction(async (tx) => {
      const row = await reachableRow(tx, "volumes", id, ctx);
      await work.requireReleased(tx, id);
      requireDeletable(row, ctx, await snapshotCount(tx, id));
      await requireNoCopies(tx, id);
      if (row.host !== null) requireDriver(handles);
      return begin(tx, row);
    });
    await carryOut(job, ctx);
  }

  function requireDeletable(row: VolumeRow, ctx: DeletingContext, snapshots: number): void {
    const { host, connected } = row;
    const { was } = beforeDeletion(row);
    if (was !== "available" && was !== "error") ctx.fail("WRONG_STATUS", { status: was });
    if (connected) ctx.fail("IN_USE", { host });
    if (snapshots > 0) ctx.fail("HAS_SNAPSHOTS", { snapshots });
  }

  async function begin(tx: Transaction<VolumeStore>, row: VolumeRow): Promise<Job<Deleting>> {
    const { id, host } = row;
    await tx.update("volumes", id, { status: "deleting", deferred: false });
    return work.begin(tx, "volume.deleting", id, { ...beforeDeletion(row), held: host !== null });
  }

  async function carryOut(job: Job<Deleting>, ctx: Context): Promise<void> {
    const id = job.resource;
    await runner.run(job, async ({ signal }) => {
      if (job.payload.held) await driver.delete({ id }, { signal });
      placed.gone(ctx, id);
      return (tx) => deleteIf(tx, "volumes", id, "deleting");
    });
  }

  const deferred: Deferred = async (ctx, { id }) => {
    const job = await store.transaction(async (tx) => {
      const row = await tx.find("volumes", id);
      if (!row?.deferred || row.host !== home) return undefined;
      // One that could not be removed keeps its volume.
      if ((await snapshotCount(tx, id)) > 0) return undefined;
      await requireNoCopies(tx, id);
      return begin(tx, row);
    });
    if (job) await carryOut(job, ctx);
  };

  const recover: VolumeRecoverers["volume.deleting"] = (job, { signal }) =>
    recoverDeletion(store, "volumes", job, async () => {
      if (job.payload.held) await driver.delete({ id: job.resource }, { signal });
    });

  return {
    operations: { delete: operation, remove: ({ id }, ctx) => removeHere(id, ctx) },
    recover: { "volume.deleting": recover },
    deferred,
  };
}
