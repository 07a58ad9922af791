import { reeveError } from "@reeve/contract";
import type { VolumeHandles, VolumeOperations } from "./handles.ts";
import { onlyTenantOf, volumeOf } from "./tenancy.ts";
import { VolumeId } from "./volume.ts";

/** Answers questions from what is committed, at any member, with or without a driver. */
export function lists({ store }: VolumeHandles): Pick<VolumeOperations, "get" | "list" | "listSnapshots"> {
  return {
    get: ({ id }, ctx) => volumeOf(store, id, ctx),

    async list({ filter = {}, limit, cursor }, ctx) {
      const only = onlyTenantOf(ctx);
      let query = store
        .selectFrom("volumes")
        .selectAll()
        .orderBy("id")
        .limit(limit + 1);
      if (cursor !== undefined) query = query.where("id", ">", lastIdOf(cursor));
      if (only !== undefined) query = query.where("tenant", "=", only);
      if (filter.tenant !== undefined) query = query.where("tenant", "=", filter.tenant);
      if (filter.host !== undefined) query = query.where("host", "=", filter.host);
      if (filter.status !== undefined) query = query.where("status", "=", filter.status);
      return pageOf(await query.execute(), limit);
    },

    async listSnapshots({ filter = {}, limit, cursor }, ctx) {
      const only = onlyTenantOf(ctx);
      let query = store
        .selectFrom("snapshots")
        .selectAll()
        .orderBy("id")
        .limit(limit + 1);
      if (cursor !== undefined) query = query.where("id", ">", lastIdOf(cursor));
      if (only !== undefined) query = query.where("tenant", "=", only);
      if (filter.volumeId !== undefined) query = query.where("volumeId", "=", filter.volumeId);
      if (filter.status !== undefined) query = query.where("status", "=", filter.status);
      return pageOf(await query.execute(), limit);
    },
  };
}

/** One row more than the page was read, to know whether another follows. The cursor is the last row's id: rows that come and go shift nothing. */
function pageOf<T extends { readonly id: string }>(rows: readonly T[], limit: number) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last ? { items, next: last.id } : { items };
}

function lastIdOf(cursor: string): string {
  const id = VolumeId.safeParse(cursor);
  if (id.success) return id.data;
  const issues = [{ path: "cursor", message: "must be the `next` of the page before" }];
  throw reeveError("INVALID_INPUT", `list: cursor: ${JSON.stringify(cursor.slice(0, 80))} is none of ours`, {
    data: { issues },
  });
}
