import type { Transaction } from "@reeve/runtime";
import type { VolumeStore } from "./store.ts";

interface CountOptions {
  /** Without those that are to be deleted when their host is back. Default false. */
  readonly besideDeferred?: boolean;
}

/** How many snapshots a volume has. While it has one, its row stays: without it nobody could reach them. */
export async function snapshotCount(
  tx: Transaction<VolumeStore>,
  volumeId: string,
  { besideDeferred = false }: CountOptions = {},
): Promise<number> {
  const all = tx
    .selectFrom("snapshots")
    .select((sql) => sql.fn.countAll<number>().as("count"))
    .where("volumeId", "=", volumeId);
  const { count } = await (besideDeferred ? all.where("deferred", "=", false) : all).executeTakeFirstOrThrow();
  return Number(count);
}
