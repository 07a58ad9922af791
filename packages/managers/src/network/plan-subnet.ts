import { type Address, addressOf, hexOf, textOf } from "./addresses/address.ts";
import { type Block, cidrOf, hostsOf, readBlock } from "./addresses/block.ts";
import { holds, overlap, type Range, sizeOf, without } from "./addresses/range.ts";
import type { NetworkOperations } from "./handles.ts";
import type { Pool } from "./network.ts";
import type { SubnetRow } from "./store.ts";
import { whyNoHost } from "./subnet-layout.ts";

type CreateSubnet = NetworkOperations["createSubnet"];
type Input = Parameters<CreateSubnet>[0];
type Context = Pick<Parameters<CreateSubnet>[1], "fail">;

/** What a subnet is to be, whatever its network has. */
export type SubnetPlan = Omit<SubnetRow, "id" | "networkId" | "tenant"> & { readonly version: 4 | 6 };

/** A subnet as it was asked for, with its defaults. Throws the declared refusals that depend on no row. */
export function planSubnet(input: Input, ctx: Context): SubnetPlan {
  const { addressMode = "static" } = input;
  const block = readBlock(input.cidr);
  if ("why" in block) return ctx.fail("INVALID_CIDR", { cidr: input.cidr, why: block.why });
  const cidr = cidrOf(block);
  if (addressMode === "eui64" && (block.version !== 6 || block.prefix !== 64))
    return ctx.fail("INVALID_CIDR", {
      cidr,
      why: "addresses that are made from MACs need an IPv6 block with the prefix length 64",
    });
  const gateway = gatewayOf(block, input.gateway, ctx);
  return {
    name: input.name ?? cidr,
    cidr,
    version: block.version,
    first: hexOf({ version: block.version, value: block.first }),
    last: hexOf({ version: block.version, value: block.last }),
    gateway: gateway === undefined ? null : textOf({ version: block.version, value: gateway }),
    pools: poolsOf(block, gateway, { ...input, addressMode }, ctx).map((pool) => poolText(block, pool)),
    reserved: reservedOf(block, input.reserved ?? [], ctx),
    addressMode,
  };
}

/** The first that a host can have, unless that is the only one: then no port could have any. */
function gatewayOf(block: Block, given: string | null | undefined, ctx: Context): bigint | undefined {
  if (given === null) return undefined;
  if (given === undefined) return sizeOf(block) === 1n ? undefined : hostsOf(block).first;
  const value = valueIn(block, given, ctx);
  const why = whyNoHost(block, value);
  return why === undefined ? value : ctx.fail("ADDRESS_RESERVED", { ip: given, why });
}

function poolsOf(
  block: Block,
  gateway: bigint | undefined,
  { pools, addressMode }: Input,
  ctx: Context,
): readonly Range[] {
  if (!pools) return without([hostsOf(block)], gateway === undefined ? [] : [{ first: gateway, last: gateway }]);
  const ranges: Range[] = [];
  for (const pool of pools) {
    const refuse = (why: string) => ctx.fail("POOL_OUTSIDE", { ...pool, why });
    if (addressMode === "eui64") return refuse("addresses of this subnet are made from MACs; leave pools out");
    const first = addressOf(pool.first);
    const last = addressOf(pool.last);
    for (const end of [first, last]) {
      if (!isIn(block, end)) return refuse(`${textOf(end)} is not in ${cidrOf(block)}`);
      const why = whyNoHost(block, end.value);
      if (why !== undefined) return refuse(`${textOf(end)}: ${why}`);
    }
    const range = { first: first.value, last: last.value };
    if (range.first > range.last) return refuse("expected the lower address first");
    if (ranges.some((other) => overlap(other, range))) return refuse("it overlaps another pool");
    if (gateway !== undefined && holds(range, gateway))
      return ctx.fail("GATEWAY_IN_POOL", { gateway: textOf({ version: block.version, value: gateway }) });
    ranges.push(range);
  }
  return ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1));
}

function reservedOf(block: Block, given: readonly string[], ctx: Context): readonly string[] {
  const values = new Set(given.map((ip) => valueIn(block, ip, ctx)));
  const inOrder = [...values].sort((a, b) => (a < b ? -1 : 1));
  return inOrder.map((value) => textOf({ version: block.version, value }));
}

function valueIn(block: Block, ip: string, ctx: Context): bigint {
  const address = addressOf(ip);
  return isIn(block, address) ? address.value : ctx.fail("ADDRESS_NOT_IN_SUBNET", { ip });
}

function isIn(block: Block, { version, value }: Address): boolean {
  return version === block.version && holds(block, value);
}

function poolText({ version }: Block, { first, last }: Range): Pool {
  return { first: textOf({ version, value: first }), last: textOf({ version, value: last }) };
}
