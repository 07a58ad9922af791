import { type Page, type PageQuery, reeveError } from "@reeve/contract";
import type { Row, Store, StoreDefinition, TableName } from "@reeve/runtime";
import { ResourceId } from "./resource.ts";
import { known, type Owned, type TableWith } from "./tables.ts";
import { type OnBehalf, onlyTenantOf } from "./tenancy.ts";

/** Columns and what they must hold; those that are undefined, or left out, may hold anything. */
export type RowFilter<D extends StoreDefinition, T extends TableName<D>> = {
  readonly [C in keyof Row<D, T>]?: Row<D, T>[C] | undefined;
};

/** What a list is narrowed down by besides. */
export interface Narrowing {
  /** A query for the ids of those to list: for what another table knows. Default: all. */
  readonly among?: { toOperationNode(): unknown } | undefined;
}

/**
 * One page of the resources that the principal may know of, oldest first. Its input is what a `paged` operation is given, where the
 * names in the filter are those of columns. The cursor is the id of a page's last row: pages stay in step while rows come and go.
 *
 * @throws ReeveError `INVALID_INPUT` naming `cursor` when that is not the `next` of a page
 * @example
 * ```ts
 * list: (query, ctx) => pageOf(store, "volumes", query, ctx),
 * listPorts: ({ filter: { host, ...filter } = {}, ...query }, ctx) => {
 *   const attached = store.selectFrom("attachments").select("portId");
 *   const among = host === undefined ? undefined : attached.where("host", "=", host);
 *   return pageOf(store, "ports", { ...query, filter }, ctx, { among });
 * },
 * ```
 */
export async function pageOf<D extends StoreDefinition, T extends TableWith<D, Owned>>(
  store: Store<D>,
  table: T,
  { filter, limit, cursor }: PageQuery<RowFilter<D, T>>,
  ctx: OnBehalf,
  { among }: Narrowing = {},
): Promise<Page<Row<D, T>>> {
  const [any, name] = known(store, table);
  const only = onlyTenantOf(ctx);
  // One row more than the page, to know whether another follows.
  let query = any
    .selectFrom(name)
    .selectAll()
    .orderBy("id")
    .limit(limit + 1);
  if (cursor !== undefined) query = query.where("id", ">", lastIdOf(cursor));
  if (only !== undefined) query = query.where("tenant", "=", only);
  if (among !== undefined) query = query.where("id", "in", among as never);
  for (const [column, value] of Object.entries(filter ?? {}))
    if (value !== undefined) query = query.where(column as never, "=", value as never);
  const rows = await query.execute();
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const page = rows.length > limit && last ? { items, next: last.id } : { items };
  return page as unknown as Page<Row<D, T>>;
}

function lastIdOf(cursor: string): string {
  const id = ResourceId.safeParse(cursor);
  if (id.success) return id.data;
  const issues = [{ path: "cursor", message: "must be the `next` of the page before" }];
  const given = JSON.stringify(cursor.slice(0, 80));
  throw reeveError("INVALID_INPUT", `cursor: expected the \`next\` of the page before, got ${given}`, {
    data: { issues },
  });
}
