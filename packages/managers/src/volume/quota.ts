import type { Transaction } from "@reeve/runtime";
import type { VolumeConfig } from "./config.ts";
import type { VolumeStore } from "./store.ts";

/** Throws the declared error: the context of an operation that declares it. */
export interface QuotaRefusal {
  fail(reason: "QUOTA_EXCEEDED", data: { readonly limitGiB: number; readonly usedGiB: number }): never;
}

/**
 * Makes sure that a tenant may promise so much more, in the transaction that promises it. What was promised is the sum over
 * its rows, so it is given back with them. Throws the declared `QUOTA_EXCEEDED`.
 */
export async function requireQuota(
  tx: Transaction<VolumeStore>,
  ctx: QuotaRefusal,
  config: VolumeConfig,
  tenant: string,
  addedGiB: number,
): Promise<void> {
  // Locks the tenant's row: two transactions that both count, then both insert, would exceed it together.
  await tx
    .insertInto("tenants")
    .values({ tenant })
    .onConflict((conflict) => conflict.column("tenant").doUpdateSet({ tenant }))
    .execute();
  const usedGiB = await promisedGiB(tx, tenant);
  const limitGiB = Object.hasOwn(config.quotas, tenant) ? config.quotas[tenant]! : config.quotaGiB;
  if (usedGiB + addedGiB > limitGiB) ctx.fail("QUOTA_EXCEEDED", { limitGiB, usedGiB });
}

async function promisedGiB(tx: Transaction<VolumeStore>, tenant: string): Promise<number> {
  const volumes = await tx
    .selectFrom("volumes")
    .select((sql) => sql.fn.sum<number | null>("promisedGiB").as("sum"))
    .where("tenant", "=", tenant)
    .executeTakeFirst();
  const snapshots = await tx
    .selectFrom("snapshots")
    .select((sql) => sql.fn.sum<number | null>("sizeGiB").as("sum"))
    .where("tenant", "=", tenant)
    .executeTakeFirst();
  return Number(volumes?.sum ?? 0) + Number(snapshots?.sum ?? 0);
}
