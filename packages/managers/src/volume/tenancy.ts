import { reeveError } from "@reeve/contract";
import type { Principal, Store, Transaction } from "@reeve/runtime";
import type { SnapshotRow, VolumeRow, VolumeStore } from "./store.ts";

interface OnBehalf {
  readonly principal: Principal;
}

type Rows = Pick<Store<VolumeStore> | Transaction<VolumeStore>, "find">;

/** Whose a new volume is: the principal's tenant, or `default` for a principal without one. */
export function tenantOf({ principal }: OnBehalf): string {
  return principal.tenant ?? "default";
}

/**
 * The volume, if the principal may know of it.
 *
 * @throws ReeveError `ROW_NOT_FOUND`, the same whether there is none or it is another tenant's
 */
export async function volumeOf(rows: Rows, id: string, ctx: OnBehalf): Promise<VolumeRow> {
  const volume = await rows.find("volumes", id);
  if (volume && reaches(ctx, volume)) return volume;
  throw notFound("volume", id);
}

/**
 * The snapshot of that volume, if the principal may know of it.
 *
 * @throws ReeveError `ROW_NOT_FOUND`
 */
export async function snapshotOf(rows: Rows, volumeId: string, id: string, ctx: OnBehalf): Promise<SnapshotRow> {
  const snapshot = await rows.find("snapshots", id);
  if (snapshot?.volumeId === volumeId && reaches(ctx, snapshot)) return snapshot;
  throw notFound("snapshot", id);
}

function reaches({ principal }: OnBehalf, { tenant }: { readonly tenant: string }): boolean {
  return principal.tenant === undefined || principal.tenant === tenant;
}

function notFound(what: "volume" | "snapshot", id: string): Error {
  return reeveError("ROW_NOT_FOUND", `there is no ${what} ${id}`, { data: { table: `${what}s`, key: id } });
}
