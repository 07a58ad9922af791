import { reeveError } from "@reeve/contract";
import type { Transaction } from "@reeve/runtime";
import type { VolumeStore } from "./store.ts";

/*
 * Calls at one member wait for each other in the volume's lane; those at another member of the cluster do not, and the rows tell of
 * them. Of two that begin at once one sees the other: transactions are serializable.
 */

/**
 * Makes sure that a volume and its snapshots may change: nothing is being made from them.
 *
 * @throws ReeveError `BUSY` naming the volume, and what is made from it
 */
export async function requireNoCopies(tx: Transaction<VolumeStore>, volumeId: string): Promise<void> {
  const from = tx.selectFrom("volumes").select("id").where("sourceId", "=", volumeId);
  const copy = await from.where("status", "=", "creating").executeTakeFirst();
  if (copy) throw busy(volumeId, `volume ${copy.id} is being made from it`);
}

/**
 * Makes sure that no snapshot of a volume is being taken.
 *
 * @throws ReeveError `BUSY` naming the volume and the snapshot
 */
export async function requireNoNewSnapshot(tx: Transaction<VolumeStore>, volumeId: string): Promise<void> {
  const of = tx.selectFrom("snapshots").select("id").where("volumeId", "=", volumeId);
  const snapshot = await of.where("status", "=", "creating").executeTakeFirst();
  if (snapshot) throw busy(volumeId, `its snapshot ${snapshot.id} is being taken`);
}

function busy(volumeId: string, why: string): Error {
  return reeveError("BUSY", `volume ${volumeId} is busy: ${why}`, { data: { resource: volumeId } });
}
