import type { StoreDefinition, Transaction } from "@reeve/runtime";
import type { Known, KnownRow } from "./tables.ts";

/**
 * What is known of hosts that were to build a resource and are gone. A resource is taken from such a host by the row alone: should
 * the host live, cut off from the others, it finds its work abandoned and commits nothing of it.
 */
export interface LostHosts<D extends StoreDefinition> {
  /** Whether nobody lives at an address any more, which is asked about that resource. */
  readonly isGone: (address: string, id: string) => Promise<boolean>;
  /** In the commit that takes a resource from a host: abandons the host's work on it, and notes what may lie there. */
  readonly taken: (tx: Transaction<D>, id: string, address: string) => Promise<void>;
}

/** Takes a resource that is still `creating` from a host that is gone. Undefined when it was not, or is so no more. */
export async function takeFromGone(
  tx: Transaction<Known>,
  table: "resources",
  { id, host }: Pick<KnownRow, "id" | "host">,
  { taken }: LostHosts<any>,
): Promise<KnownRow | undefined> {
  if (host === null) return undefined;
  const building = tx.updateTable(table).set({ host: null, fault: null }).where("id", "=", id);
  const held = building.where("status", "=", "creating").where("host", "=", host);
  const row = await held.returningAll().executeTakeFirst();
  if (row) await taken(tx, id, host);
  return row;
}

/** Whether a resource is still made by a host that is gone. */
export async function isLost(row: KnownRow | undefined, lost: LostHosts<any> | undefined): Promise<boolean> {
  if (row?.status !== "creating" || row.host === null || !lost) return false;
  return lost.isGone(row.host, row.id);
}
