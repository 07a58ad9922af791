import type { Context, Store, StoreDefinition } from "@reeve/runtime";
import type { CreationStatus } from "./creation.ts";
import type { LostHosts } from "./lost-hosts.ts";
import { releasePlace } from "./placement.ts";
import { interrupt, type Placeable } from "./placing.ts";
import { known, type TableWith } from "./tables.ts";

/** What a resource has whose placing others settle when the manager that places it is gone. */
export interface PlacedRow extends Placeable {
  /** The address of that manager; null once the resource is built, or when it was not placed. */
  readonly placer: string | null;
}

/** Settled in one turn; those that are left are settled in the next. */
const atOnce = 256;

/**
 * Settles what was being placed by managers that are gone, as they would when they were back: what no host has accepted is in
 * `error`, and what one builds is left to it, unless it is gone too. For a periodic task of every manager that has the rows; of several
 * that do so at once one settles each.
 *
 * @example
 * ```ts
 * const periodic = { settleOrphans: { every: "10s", run: (ctx) => settleOrphans(handles, "volumes", ctx, lost(ctx)) } };
 * ```
 */
export async function settleOrphans<D extends StoreDefinition, T extends TableWith<D, PlacedRow, CreationStatus>>(
  { store, address }: { readonly store: Store<D>; readonly address: string },
  table: T,
  ctx: Context,
  lost: LostHosts<D>,
): Promise<void> {
  const [rows, name] = known(store, table);
  const placed = rows
    .selectFrom(name)
    .select(["id", "placer"])
    .where("placer", "is not", null)
    .where("placer", "!=", address)
    .where("status", "=", "creating");
  const orphans = await placed.limit(atOnce).execute();
  const gone = new Map<string, boolean>();
  for (const { id, placer } of orphans) {
    if (ctx.signal.aborted || placer === null) return;
    if (!gone.has(placer)) gone.set(placer, await lost.isGone(placer, id));
    if (!gone.get(placer) || !(await interrupt(rows, name, { id, placer }, lost))) continue;
    releasePlace(ctx, id);
    ctx.log.warn({ id, placer }, "the manager that placed it is gone; it is in error");
  }
}
