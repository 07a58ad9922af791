import type { Transaction } from "@reeve/runtime";
import { rowNotFound } from "../resource/index.ts";
import { addressesIn, claimAddress, claimAnyAddress, holderOf } from "./address-table.ts";
import { addressOf } from "./addresses/address.ts";
import type { NetworkOperations } from "./handles.ts";
import type { PortAddress } from "./network.ts";
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
 * Gives a new port its addresses: those that are named first, so that none of them goes to the port itself as any. Claims are
 * made in one order for all, so that two transactions never wait for each other. Throws the declared refusals.
 */
export async function claimPortAddresses(
  tx: Transaction<NetworkStore>,
  ctx: Context,
  { id, networkId, mac }: Pick<PortRow, "id" | "networkId" | "mac">,
  wishes: Wishes,
): Promise<readonly PortAddress[]> {
  const rows = await tx.selectFrom("subnets").selectAll().where("networkId", "=", networkId).orderBy("id").execute();
  const subnets = rows.map((row) => new SubnetLayout(row));
  const wanted =
    wishes?.map((wish) => resolved(subnets, wish, ctx)) ?? subnets.map((subnet) => ({ subnet, value: undefined }));
  const claimed: PortAddress[] = [];
  for (const { subnet, value } of inOrder(wanted)) {
    const ip = subnet.textOf(await claim(subnet, value ?? subnet.made(mac)));
    claimed.push({ subnetId: subnet.id, ip });
  }
  return claimed;

  async function claim(subnet: SubnetLayout, value: bigint | undefined): Promise<bigint> {
    if (value !== undefined) return claimNamed(subnet, value);
    const any = await claimAnyAddress(tx, subnet, id);
    if (any !== undefined) return any;
    const used = await addressesIn(tx, subnet, subnet.pools);
    return ctx.fail("NO_ADDRESS_LEFT", { subnetId: subnet.id, size: String(subnet.size), used: String(used) });
  }

  async function claimNamed(subnet: SubnetLayout, value: bigint): Promise<bigint> {
    const ip = subnet.textOf(value);
    const why = subnet.whyNot(value, mac);
    if (why !== undefined) return ctx.fail("ADDRESS_RESERVED", { ip, why });
    if (await claimAddress(tx, subnet, value, id)) return value;
    const portId = await holderOf(tx, subnet, value);
    return ctx.fail("IP_IN_USE", portId === undefined ? { ip } : { ip, portId });
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

function inOrder(wishes: readonly Wish[]): readonly Wish[] {
  const named = wishes.filter(({ value }) => value !== undefined);
  const any = wishes.filter(({ value }) => value === undefined);
  return [...named.toSorted(byNumber), ...any.toSorted(bySubnet)];
}

function bySubnet({ subnet: one }: Wish, { subnet: other }: Wish): number {
  return one.id < other.id ? -1 : Number(one.id > other.id);
}

function byNumber(one: Wish, other: Wish): number {
  return bySubnet(one, other) || (one.value! < other.value! ? -1 : 1);
}
