import { pageOf, reachableRow, tenantOf } from "../resource/index.ts";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import { lockNetwork } from "./lock-network.ts";
import { portsInUse } from "./ports-in-use.ts";
import { requireOneMore } from "./quota.ts";
import type { CreateContext, Segmentation } from "./segmentation.ts";

/** What IPv4 needs of a link (RFC 791), in bytes. */
const leastMtu = 68;

type Networks = Pick<NetworkOperations, "createNetwork" | "getNetwork" | "listNetworks" | "deleteNetwork">;

/** Networks: which there are, and which segment is whose. No device knows of them before a port is attached. */
export function networks({ store, config, newId }: NetworkHandles, segmentation: Segmentation): Networks {
  return {
    async createNetwork({ name, vlanId, ...input }, ctx) {
      const [physicalNetwork, { mtu: max }] = physicalNetworkOf(input.physicalNetwork, ctx);
      const mtu = input.mtu ?? max;
      if (mtu > max) ctx.fail("MTU_TOO_LARGE", { max });
      if (mtu < leastMtu) ctx.fail("MTU_TOO_SMALL", { least: leastMtu });
      const claim = await segmentation.prepare({ physicalNetwork, vlanId }, ctx);
      const id = newId();
      const tenant = tenantOf(ctx);
      return store.transaction(async (tx) => {
        await requireOneMore(tx, ctx, config.current, tenant, "networks");
        const segment = await claim(tx, id);
        return tx.insert("networks", {
          id,
          tenant,
          name,
          kind: segmentation.kind,
          physicalNetwork,
          vlanId: segment.kind === "vlan" ? segment.vlanId : null,
          mtu,
        });
      });
    },

    getNetwork: ({ id }, ctx) => reachableRow(store, "networks", id, ctx),

    listNetworks: (query, ctx) => pageOf(store, "networks", query, ctx),

    deleteNetwork: ({ id }, ctx) =>
      store.transaction(async (tx) => {
        await lockNetwork(tx, id, ctx);
        const use = await portsInUse(tx, { networkId: id });
        if (use) ctx.fail("IN_USE", use);
        await tx.deleteFrom("subnets").where("networkId", "=", id).execute();
        await tx.deleteFrom("segments").where("networkId", "=", id).execute();
        await tx.delete("networks", id);
      }),
  };

  /** The one that is named, or the only one there is. */
  function physicalNetworkOf(name: string | undefined, ctx: CreateContext) {
    const all = Object.entries(config.current.physicalNetworks);
    const found = name === undefined ? all : all.filter(([known]) => known === name);
    const [first] = found;
    if (first && found.length === 1) return first;
    return ctx.fail("UNKNOWN_PHYSICAL_NETWORK", { physicalNetwork: name ?? null, known: all.map(([known]) => known) });
  }
}
