import { column, type Row, type StoreDefinition, type TableName, type Transaction, table } from "@reeve/runtime";
import { known, type TableWith } from "./tables.ts";

/**
 * The table that a store needs for {@link requireQuota}, under the name `tenants`: one row per tenant, locked while its quota is
 * counted.
 */
export const tenantTable = table({ tenant: column.text().primaryKey() });

/** A store with a table `tenants`, made by {@link tenantTable}. */
export type StoreWithTenants = StoreDefinition<{ readonly tenants: typeof tenantTable }>;

/** How much more a tenant is to have of something, and how much it may have. All in one unit: rows, GiB. */
export interface QuotaRequest {
  readonly added: number;
  readonly limit: number;
  /** Counts what it has, in the same transaction: {@link countRows}, {@link sumRows}, or both for several tables. */
  readonly used: () => Promise<number>;
  /** Throws the declared refusal. */
  readonly refuse: (counted: { readonly limit: number; readonly used: number }) => never;
}

/**
 * Makes sure that a tenant may have so much more, in the transaction that inserts it. What it has is counted from its rows, so it
 * is given back with them and no counter can be wrong. Transactions for one tenant count one after the other.
 *
 * @throws what `refuse` throws
 * @example
 * ```ts
 * await requireQuota(tx, tenant, {
 *   added: 1,
 *   limit: limitOf(config.current.quotas, tenant, config.current.quota).ports,
 *   used: () => countRows(tx, "ports", tenant),
 *   refuse: (counted) => ctx.fail("QUOTA_EXCEEDED", { resource: "ports", ...counted }),
 * });
 * ```
 */
export async function requireQuota<D extends StoreWithTenants>(
  tx: Transaction<D>,
  tenant: string,
  { added, limit, used: count, refuse }: QuotaRequest,
): Promise<void> {
  await lockTenant(tx, tenant);
  const used = await count();
  if (used + added > limit) refuse({ limit, used });
}

/** Until the transaction ends: two transactions that both count, then both insert, would exceed the tenant's quota together. */
async function lockTenant<D extends StoreWithTenants>(tx: Transaction<D>, tenant: string): Promise<void> {
  await (tx as unknown as Transaction<StoreWithTenants>)
    .insertInto("tenants")
    .values({ tenant })
    .onConflict((conflict) => conflict.column("tenant").doUpdateSet({ tenant }))
    .execute();
}

/**
 * How many rows of a table are a tenant's.
 *
 * @example
 * ```ts
 * const ports = await countRows(tx, "ports", tenant);
 * ```
 */
export async function countRows<D extends StoreDefinition, T extends TableWith<D, { readonly tenant: string }>>(
  tx: Transaction<D>,
  table: T,
  tenant: string,
): Promise<number> {
  const [any, name] = known(tx, table);
  const { count } = await any
    .selectFrom(name)
    .select((rows) => rows.fn.countAll<number>().as("count"))
    .where("tenant", "=", tenant)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The columns of a table that hold numbers. */
type NumberColumn<D extends StoreDefinition, T extends TableName<D>> = {
  [C in keyof Row<D, T>]: Row<D, T>[C] extends number ? C : never;
}[keyof Row<D, T>] &
  string;

/**
 * The sum of a column over a tenant's rows of a table; 0 when it has none.
 *
 * @example
 * ```ts
 * const reservedGiB = await sumRows(tx, "volumes", "reservedGiB", tenant);
 * ```
 */
export async function sumRows<D extends StoreDefinition, T extends TableWith<D, { readonly tenant: string }>>(
  tx: Transaction<D>,
  table: T,
  column: NumberColumn<D, T>,
  tenant: string,
): Promise<number> {
  const [any, name] = known(tx, table);
  const { sum } = await any
    .selectFrom(name)
    .select((rows) => rows.fn.sum<number | null>(rows.ref(column as never)).as("sum"))
    .where("tenant", "=", tenant)
    .executeTakeFirstOrThrow();
  return Number(sum ?? 0);
}

/**
 * What a tenant may have: its own limit where the configuration names it, else everybody's.
 *
 * @param own limits by tenant, as rows have it
 * @example
 * ```ts
 * const limitGiB = limitOf(config.current.quotas, tenant, config.current.quotaGiB);
 * ```
 */
export function limitOf<Limit>(own: Readonly<Record<string, Limit>>, tenant: string, everybodys: Limit): Limit {
  return Object.hasOwn(own, tenant) ? own[tenant]! : everybodys;
}
