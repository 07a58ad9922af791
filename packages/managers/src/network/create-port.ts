import type { Transaction } from "@reeve/runtime";
import type { Random } from "@reeve/runtime/transport";
import { generatedMac } from "./addresses/generated-mac.ts";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import { lockNetwork } from "./lock-network.ts";
import { claimPortAddresses } from "./port-addresses.ts";
import { shownPort } from "./port-rows.ts";
import { requireOneMore } from "./quota.ts";
import type { NetworkStore, PortRow } from "./store.ts";

type CreatePort = NetworkOperations["createPort"];

/** How many generated MACs are tried; nova tried as many. Two in a row are taken once in 10^8 even with 1,000 ports. */
const mostMacs = 5;

/** Creates ports. The rows of MAC and addresses are the claims, and one transaction makes them all. */
export function createPort(
  { store, config, newId }: NetworkHandles,
  random: Random,
): Pick<NetworkOperations, "createPort"> {
  return {
    createPort({ networkId, name, mac, addresses }, ctx) {
      const id = newId();
      return store.transaction(async (tx) => {
        const { tenant } = await lockNetwork(tx, networkId, ctx);
        await requireOneMore(tx, ctx, config.current, tenant, "ports");
        const port = await insertPort(tx, ctx, { id, networkId, tenant, name }, mac);
        await claimPortAddresses(tx, ctx, port, addresses);
        return (await shownPort(tx, id))!;
      });
    },
  };

  async function insertPort(
    tx: Transaction<NetworkStore>,
    ctx: Parameters<CreatePort>[1],
    port: Pick<PortRow, "id" | "networkId" | "tenant" | "name">,
    wanted: string | undefined,
  ): Promise<PortRow> {
    let mac = wanted ?? generatedMac(random);
    for (let tries = 1; ; tries++) {
      const row = { ...port, mac, status: "down", generation: 0, fault: null } as const;
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto("ports")
        .values(row)
        .onConflict((conflict) => conflict.columns(["networkId", "mac"]).doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 1n) return row;
      if (wanted !== undefined || tries === mostMacs) return refuseMac(tx, ctx, port.networkId, mac);
      mac = generatedMac(random);
    }
  }
}

async function refuseMac(
  tx: Transaction<NetworkStore>,
  ctx: Parameters<CreatePort>[1],
  networkId: string,
  mac: string,
): Promise<never> {
  const holders = tx.selectFrom("ports").select("id").where("networkId", "=", networkId).where("mac", "=", mac);
  const holder = await holders.executeTakeFirst();
  return ctx.fail("MAC_IN_USE", holder ? { mac, portId: holder.id } : { mac });
}
