import type { Transaction } from "@reeve/runtime";
import { limitOf, requireQuota, sumRows } from "../resource/index.ts";
import type { VolumeConfig } from "./config.ts";
import type { VolumeStore } from "./store.ts";

/** Throws the declared error: the context of an operation that declares it. */
export interface QuotaRefusal {
  fail(reason: "QUOTA_EXCEEDED", data: { readonly limitGiB: number; readonly usedGiB: number }): never;
}

/** Makes sure that a tenant may promise so much more, in the transaction that promises it. Throws the declared `QUOTA_EXCEEDED`. */
export function requireGiB(
  tx: Transaction<VolumeStore>,
  ctx: QuotaRefusal,
  { quotas, quotaGiB }: VolumeConfig,
  tenant: string,
  added: number,
): Promise<void> {
  return requireQuota(tx, tenant, {
    added,
    limit: limitOf(quotas, tenant, quotaGiB),
    used: async () =>
      (await sumRows(tx, "volumes", "reservedGiB", tenant)) + (await sumRows(tx, "snapshots", "sizeGiB", tenant)),
    refuse: ({ limit, used }) => ctx.fail("QUOTA_EXCEEDED", { limitGiB: limit, usedGiB: used }),
  });
}
