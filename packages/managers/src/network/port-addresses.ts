import type { Transaction } from "@reeve/runtime";
import { rowNotFound } from "../resource/index.ts";
import { addressesIn, claimAddress, claimAnyAddress, holderOf } from "./address-table.ts";
import { addressOf } from "./addresses/address.ts";
import type { NetworkOperations } from "./handles.ts";
import type { NetworkStore, PortRow } from "./store.ts";
import { SubnetLayout } from "./subnet-layout.ts";

type CreatePort = NetworkOperations["createPort"];
type Context = Pick<Parameters<CreatePort>[1], "fail">;
type Wishes = Parameters<CreatePort>[0]["addresses"];

interface Wish {
  readonly subnet: SubnetLayout;
  /** Undefined: any. */
  readonly value: bigint | undefined;
}

/**
 * Gives a new port its addresses, in a transaction that has locked its network: those that are named first, so that none of them
 * goes to the port itself as any. Throws the declared refusals.
 */
export async function claimPortAddresses(
  tx: Transaction<NetworkStore>,
  ctx: Context,
  { id, networkId, mac }: Pick<PortRow, "id" | "networkId" | "mac">,
  wishes: Wishes,
): Promise<void> {
  const rows = await tx.selectFrom("subnets").selectAll().where("networkId", "=", networkId).orderBy("id").execute();
  const subnets = rows.map((row) => new SubnetLayout(row));
  const wanted =
    wishes?.map((wish) => resolved(subnets, wish, ctx)) ?? subnets.map((subnet) => ({ subnet, value: undefined }));
  for (const { subnet, value } of wanted) if (value !== undefined) await claimNamed(subnet, value);
  for (const { subnet, value } of wanted) if (value === undefined) await claimAny(subnet, subnet.made(mac));

  async function claimAny(subnet: SubnetLayout, made: bigint | undefined): Promise<void> {
    if (made !== undefined) return claimNamed(subnet, made);
    if ((await claimAnyAddress(tx, subnet, id)) !== undefined) return;
    const used = await addressesIn(tx, subnet, subnet.pools);
    ctx.fail("NO_ADDRESS_LEFT", { subnetId: subnet.id, size: String(subnet.size), used: String(used) });
  }

  async function claimNamed(subnet: SubnetLayout, value: bigint): Promise<void> {
    const ip = subnet.textOf(value);
    const why = subnet.whyNot(value, mac);
    if (why !== undefined) ctx.fail("ADDRESS_RESERVED", { ip, why });
    if (await claimAddress(tx, subnet, value, id)) return;
    const portId = await holderOf(tx, subnet, value);
    ctx.fail("IP_IN_USE", portId === undefined ? { ip } : { ip, portId });
  }
}

/** Those of the network that the wish is about. */
function resolved(subnets: readonly SubnetLayout[], { subnetId, ip }: NonNullable<Wishes>[number], ctx: Context): Wish {
  const address = ip === undefined ? undefined : addressOf(ip);
  const subnet = subnets.find((one) =>
    subnetId === undefined ? address && one.contains(address) : one.id === subnetId,
  );
  if (!subnet && subnetId !== undefined) throw rowNotFound("subnets", subnetId);
  if (!subnet || (address && !subnet.contains(address))) return ctx.fail("ADDRESS_NOT_IN_SUBNET", { ip: ip! });
  return { subnet, value: address?.value };
}
