import type { Transaction } from "@reeve/runtime";
import { countRows, limitOf, requireQuota } from "../resource/index.ts";
import type { NetworkConfig } from "./config.ts";
import type { NetworkStore } from "./store.ts";

type Counted = keyof NetworkConfig["quota"];

/** Throws the declared error: the context of an operation that declares it. */
interface QuotaRefusal {
  fail(
    reason: "QUOTA_EXCEEDED",
    data: { readonly resource: Counted; readonly limit: number; readonly used: number },
  ): never;
}

/** Makes sure that a tenant may have one more of them, in the transaction that inserts it. Throws the declared `QUOTA_EXCEEDED`. */
export function requireOneMore(
  tx: Transaction<NetworkStore>,
  ctx: QuotaRefusal,
  { quota, quotas }: NetworkConfig,
  tenant: string,
  resource: Counted,
): Promise<void> {
  return requireQuota(tx, tenant, {
    added: 1,
    limit: limitOf(quotas, tenant, quota)[resource],
    used: () => countRows(tx, resource, tenant),
    refuse: (counted) => ctx.fail("QUOTA_EXCEEDED", { resource, ...counted }),
  });
}
