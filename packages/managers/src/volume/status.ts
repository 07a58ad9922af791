import type { RowChanges, Transaction } from "@reeve/runtime";
import type { SnapshotRow, VolumeRow, VolumeStore } from "./store.ts";
import type { SnapshotStatus, VolumeStatus } from "./volume.ts";

/**
 * Changes a volume if it still has that status. When somebody else changed it in the meantime (an operator's repair), their word
 * stands and nothing is changed: Cinder's rule for clean-up.
 */
export async function changeVolume(
  tx: Transaction<VolumeStore>,
  id: string,
  from: VolumeStatus,
  changes: RowChanges<VolumeStore, "volumes">,
): Promise<VolumeRow> {
  const volume = await tx.get("volumes", id);
  return volume.status === from ? tx.update("volumes", id, changes) : volume;
}

/** {@link changeVolume} for snapshots. */
export async function changeSnapshot(
  tx: Transaction<VolumeStore>,
  id: string,
  from: SnapshotStatus,
  changes: RowChanges<VolumeStore, "snapshots">,
): Promise<SnapshotRow> {
  const snapshot = await tx.get("snapshots", id);
  return snapshot.status === from ? tx.update("snapshots", id, changes) : snapshot;
}
