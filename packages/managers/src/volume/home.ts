import type { VolumeHandles } from "./handles.ts";

/**
 * What the rows of this backend name as their `host`: the cluster's address where this manager is a member of one, because any
 * member may build, change and remove what lies there; else its own.
 */
export function homeOf({ address, cluster }: Pick<VolumeHandles, "address" | "cluster">): string {
  return cluster ?? address;
}

/**
 * What this host holds belongs to the cluster that it is a member of now (Cinder's `include_in_cluster`). At every start: a crash
 * may have come between the registration, which is told of once, and this.
 */
export async function joinCluster({ store, address, cluster }: VolumeHandles): Promise<void> {
  if (cluster === undefined) return;
  await store.transaction(async (tx) => {
    const connected = tx.updateTable("volumes").set({ connectedTo: address }).where("host", "=", address);
    await connected.where("connected", "=", true).where("connectedTo", "is", null).execute();
    for (const name of ["volumes", "tombstones", "leftovers"] as const)
      await tx.updateTable(name).set({ host: cluster }).where("host", "=", address).execute();
  });
}
