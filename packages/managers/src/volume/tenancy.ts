import { reeveError } from "@reeve/contract";
import { hasRole, type Principal, type Store, type Transaction } from "@reeve/runtime";
import { allTenants } from "../roles.ts";
import type { SnapshotRow, VolumeRow, VolumeStore } from "./store.ts";

interface OnBehalf {
  readonly principal: Principal;
}

type Rows = Pick<Store<VolumeStore> | Transaction<VolumeStore>, "find">;

/** As which the rows of principals without a tenant are kept. A tenant of this name is kept under another one. */
const none = "default";
const mark = "=";

/**
 * Whose a new volume is, as rows have it: the principal's tenant, or `default` for a principal without one. A tenant whose
 * name is `default`, or begins with `=`, is kept with a `=` before it, so that it is not taken for none.
 */
export function tenantOf({ principal }: OnBehalf): string {
  const { tenant } = principal;
  if (tenant === undefined) return none;
  return tenant === none || tenant.startsWith(mark) ? `${mark}${tenant}` : tenant;
}

/** The only tenant whose rows the principal may know of; undefined where it reaches all of them, for which it needs the role. */
export function onlyTenantOf(ctx: OnBehalf): string | undefined {
  return hasRole(ctx.principal, allTenants) ? undefined : tenantOf(ctx);
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

function reaches(ctx: OnBehalf, { tenant }: { readonly tenant: string }): boolean {
  const only = onlyTenantOf(ctx);
  return only === undefined || only === tenant;
}

function notFound(what: "volume" | "snapshot", id: string): Error {
  return reeveError("ROW_NOT_FOUND", `there is no ${what} ${id}`, { data: { table: `${what}s`, key: id } });
}
