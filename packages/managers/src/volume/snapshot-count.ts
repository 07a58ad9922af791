import type { Transaction } from "@reeve/runtime";
import type { VolumeStore } from "./store.ts";

/** How many snapshots a volume has. While it has one, its row stays: without it nobody could reach them. */
export async function snapshotCount(tx: Transaction<VolumeStore>, volumeId: string): Promise<number> {
  const { count } = await tx
    .selectFrom("snapshots")
    .select((sql) => sql.fn.countAll<number>().as("count"))
    .where("volumeId", "=", volumeId)
    .executeTakeFirstOrThrow();
  return Number(count);
}
