import type { Transaction } from "@reeve/runtime";
import type { NetworkStore } from "./store.ts";

const mostNamed = 20;

/** The ports of a network, or those with addresses of a subnet: how many, and the first of them; undefined when there are none. */
export async function portsInUse(
  tx: Transaction<NetworkStore>,
  of: { readonly networkId: string } | { readonly subnetId: string },
): Promise<{ readonly ports: string[]; readonly count: number } | undefined> {
  const query =
    "networkId" in of
      ? tx.selectFrom("ports").where("networkId", "=", of.networkId)
      : tx
          .selectFrom("ports")
          .where("id", "in", tx.selectFrom("addresses").select("portId").where("subnetId", "=", of.subnetId));
  const { count } = await query.select((sql) => sql.fn.countAll<number>().as("count")).executeTakeFirstOrThrow();
  if (Number(count) === 0) return undefined;
  const ports = await query.select("id").orderBy("id").limit(mostNamed).execute();
  return { ports: ports.map(({ id }) => id), count: Number(count) };
}
