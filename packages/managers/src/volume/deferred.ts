import { isReason } from "@reeve/contract";
import type { Context } from "@reeve/runtime";
import type { VolumeHandles } from "./handles.ts";
import { homeOf } from "./home.ts";
import type { SnapshotRow, VolumeRow } from "./store.ts";

/** What a row says of how it was before it was to be deleted. */
export function beforeDeletion<R extends VolumeRow | SnapshotRow>({ status, fault, deferred }: R) {
  // A deferred deletion has changed the status, and nothing else.
  const was: R["status"] = deferred ? (fault === null ? "available" : "error") : status;
  return { was, fault };
}

export interface Removers {
  volume(ctx: Context, row: VolumeRow): Promise<void>;
  snapshot(ctx: Context, row: SnapshotRow): Promise<void>;
}

/**
 * Carries out the deletions that were asked for while this host was gone, snapshots before their volumes. Of several members of a
 * cluster that do so at once, one does each. One that fails is left to the recovery of its work, and the others go on.
 */
export async function carryOutDeferred(handles: VolumeHandles, removers: Removers, ctx: Context): Promise<void> {
  const { store, log } = handles;
  const home = homeOf(handles);
  const snapshots = await store
    .selectFrom("snapshots")
    .innerJoin("volumes", "volumes.id", "snapshots.volumeId")
    .selectAll("snapshots")
    .where("volumes.host", "=", home)
    .where("snapshots.deferred", "=", true)
    .execute();
  for (const row of snapshots) await attempt(row, () => removers.snapshot(ctx, row));
  const rows = await store
    .selectFrom("volumes")
    .selectAll()
    .where("host", "=", home)
    .where("deferred", "=", true)
    .execute();
  for (const row of rows) await attempt(row, () => removers.volume(ctx, row));

  async function attempt({ id }: { readonly id: string }, remove: () => Promise<void>): Promise<void> {
    if (ctx.signal.aborted) return;
    try {
      await remove();
      log.info({ id }, "removed what was to be deleted while this host was gone");
    } catch (err) {
      // Another member, or the recovery of a deletion that has failed, has it.
      if (!isReason(err, "BUSY"))
        log.warn({ id, err }, "what was to be deleted while this host was gone could not be removed");
    }
  }
}
