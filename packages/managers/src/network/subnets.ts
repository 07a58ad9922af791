import type { Transaction } from "@reeve/runtime";
import { pageOf, reachableRow, rowNotFound } from "../resource/index.ts";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import { lockNetwork } from "./lock-network.ts";
import { planSubnet, type SubnetPlan } from "./plan-subnet.ts";
import { portsInUse } from "./ports-in-use.ts";
import { requireOneMore } from "./quota.ts";
import type { NetworkStore } from "./store.ts";

/** What IPv6 needs of a link (RFC 8200, section 5), in bytes. */
const leastMtuOfIpv6 = 1280;

type Subnets = Pick<NetworkOperations, "createSubnet" | "getSubnet" | "listSubnets" | "deleteSubnet">;

/** Subnets of networks. */
export function subnets({ store, config, newId }: NetworkHandles): Subnets {
  return {
    createSubnet(input, ctx) {
      const { version, ...plan } = planSubnet(input, ctx);
      const id = newId();
      const { networkId } = input;
      return store.transaction(async (tx) => {
        const { tenant, mtu } = await lockNetwork(tx, networkId, ctx);
        if (version === 6 && mtu < leastMtuOfIpv6) ctx.fail("MTU_TOO_SMALL", { least: leastMtuOfIpv6 });
        const other = await overlapping(tx, networkId, plan);
        if (other) ctx.fail("CIDR_OVERLAP", { subnetId: other.id, cidr: other.cidr });
        await requireOneMore(tx, ctx, config.current, tenant, "subnets");
        return tx.insert("subnets", { id, networkId, tenant, ...plan });
      });
    },

    getSubnet: ({ id }, ctx) => reachableRow(store, "subnets", id, ctx),

    listSubnets: (query, ctx) => pageOf(store, "subnets", query, ctx),

    deleteSubnet: ({ id }, ctx) =>
      store.transaction(async (tx) => {
        const { networkId } = await reachableRow(tx, "subnets", id, ctx);
        // A port that takes an address of it has locked the network before it looked for subnets.
        await lockNetwork(tx, networkId, ctx);
        const use = await portsInUse(tx, { subnetId: id });
        if (use) ctx.fail("IN_USE", use);
        if (!(await tx.delete("subnets", id))) throw rowNotFound("subnets", id);
      }),
  };
}

function overlapping(tx: Transaction<NetworkStore>, networkId: string, { first, last }: Omit<SubnetPlan, "version">) {
  return tx
    .selectFrom("subnets")
    .select(["id", "cidr"])
    .where("networkId", "=", networkId)
    .where("first", "<=", last)
    .where("last", ">=", first)
    .orderBy("first")
    .executeTakeFirst();
}
