import { reeveError } from "@reeve/contract";
import { hasRole, type Principal, type Row, type Store, type StoreDefinition, type Transaction } from "@reeve/runtime";
import { allTenants } from "../roles.ts";
import { asRow, known, nounOf, type Owned, type TableWith } from "./tables.ts";

/** On whose behalf something is done: the context of an operation. */
export interface OnBehalf {
  readonly principal: Principal;
}

/** As which the rows of principals without a tenant are kept. A tenant of this name is kept under another one. */
const none = "default";
const mark = "=";

/**
 * Whose a new resource is, as rows have it: the principal's tenant, or `default` for a principal without one. A tenant whose
 * name is `default`, or begins with `=`, is kept with a `=` before it, so that it is not taken for none.
 *
 * @example
 * ```ts
 * await tx.insert("ports", { id, tenant: tenantOf(ctx), name });
 * ```
 */
export function tenantOf({ principal }: OnBehalf): string {
  const { tenant } = principal;
  if (tenant === undefined) return none;
  return tenant === none || tenant.startsWith(mark) ? `${mark}${tenant}` : tenant;
}

/**
 * The only tenant whose rows the principal may know of; undefined where it reaches all of them, for which it needs the role
 * `allTenants`.
 *
 * @example
 * ```ts
 * const only = onlyTenantOf(ctx);
 * if (only !== undefined) query = query.where("tenant", "=", only);
 * ```
 */
export function onlyTenantOf(ctx: OnBehalf): string | undefined {
  return hasRole(ctx.principal, allTenants) ? undefined : tenantOf(ctx);
}

/**
 * Whether the principal may know of a resource.
 *
 * @example
 * ```ts
 * const portId = reaches(ctx, port) ? port.id : undefined;
 * ```
 */
export function reaches(ctx: OnBehalf, { tenant }: Pick<Owned, "tenant">): boolean {
  const only = onlyTenantOf(ctx);
  return only === undefined || only === tenant;
}

/**
 * The row of a resource, if the principal may know of it. Within a transaction it is read there.
 *
 * @throws ReeveError `ROW_NOT_FOUND`, the same whether there is none or it is another tenant's
 * @example
 * ```ts
 * const port = await reachableRow(tx, "ports", id, ctx);
 * ```
 */
export async function reachableRow<D extends StoreDefinition, T extends TableWith<D, Owned>>(
  rows: Store<D> | Transaction<D>,
  table: T,
  id: string,
  ctx: OnBehalf,
): Promise<Row<D, T>> {
  const [any, name] = known(rows, table);
  const row = await any.find(name, id);
  if (row && reaches(ctx, row)) return asRow(row);
  throw rowNotFound(table, id);
}

/**
 * What is thrown for a resource that is not there, or that the principal may not know of: for what only the manager can tell, such as a
 * snapshot that is another volume's.
 *
 * @param table whose name is the plural of the resource's: `ports`
 * @example
 * ```ts
 * if (snapshot.volumeId !== volumeId) throw rowNotFound("snapshots", id);
 * ```
 */
export function rowNotFound(table: string, id: string): Error {
  return reeveError("ROW_NOT_FOUND", `there is no ${nounOf(table)} ${id}`, { data: { table, key: id } });
}
