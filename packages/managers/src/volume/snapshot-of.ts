import type { Store, Transaction } from "@reeve/runtime";
import { type OnBehalf, reachableRow, rowNotFound } from "../resource/index.ts";
import type { SnapshotRow, VolumeStore } from "./store.ts";

/**
 * The snapshot of that volume, if the principal may know of it.
 *
 * @throws ReeveError `ROW_NOT_FOUND`
 */
export async function snapshotOf(
  rows: Store<VolumeStore> | Transaction<VolumeStore>,
  volumeId: string,
  id: string,
  ctx: OnBehalf,
): Promise<SnapshotRow> {
  const snapshot = await reachableRow(rows, "snapshots", id, ctx);
  if (snapshot.volumeId !== volumeId) throw rowNotFound("snapshots", id);
  return snapshot;
}
