import { type OnBehalf, onlyTenantOf, reachableRow } from "../resource/index.ts";
import { addressesIn } from "./address-table.ts";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import { SubnetLayout } from "./subnet-layout.ts";

/** Counts rows whenever it is asked: a counter that is kept beside them would be wrong one day. */
export function usage({ store }: NetworkHandles): Pick<NetworkOperations, "usage"> {
  return {
    async usage(input, ctx) {
      const { networkId } = input;
      if (networkId === undefined) return { ...(await counted(input, ctx)), subnets: [] };
      await reachableRow(store, "networks", networkId, ctx);
      const rows = await store
        .selectFrom("subnets")
        .selectAll()
        .where("networkId", "=", networkId)
        .orderBy("id")
        .execute();
      const subnets = await Promise.all(rows.map((row) => fullness(new SubnetLayout(row))));
      return { ...(await counted(input, ctx)), subnets };
    },
  };

  /** One statement, so that all is of one moment. */
  async function counted({ networkId, physicalNetwork }: Parameters<NetworkOperations["usage"]>[0], ctx: OnBehalf) {
    const only = onlyTenantOf(ctx);
    let query = store
      .selectFrom("networks")
      .leftJoin("ports", "ports.networkId", "networks.id")
      .leftJoin("attachments", "attachments.portId", "ports.id")
      .select((sql) => [
        sql.fn.count<number>("networks.id").distinct().as("networks"),
        sql.fn.count<number>("ports.id").as("ports"),
        sql.fn.count<number>("attachments.portId").as("attached"),
      ]);
    if (networkId !== undefined) query = query.where("networks.id", "=", networkId);
    if (physicalNetwork !== undefined) query = query.where("networks.physicalNetwork", "=", physicalNetwork);
    if (only !== undefined) query = query.where("networks.tenant", "=", only);
    const { networks, ports, attached } = await query.executeTakeFirstOrThrow();
    return { networks: Number(networks), ports: Number(ports), attached: Number(attached) };
  }

  async function fullness(subnet: SubnetLayout) {
    const pooled = await addressesIn(store, subnet, subnet.pools);
    const used = await addressesIn(store, subnet, [subnet.block]);
    return {
      subnetId: subnet.id,
      cidr: subnet.cidr,
      size: String(subnet.size),
      used: String(used),
      free: String(subnet.size - pooled),
    };
  }
}
