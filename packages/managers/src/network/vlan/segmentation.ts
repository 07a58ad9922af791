import { hasRole, notPermitted, type Transaction } from "@reeve/runtime";
import { operator } from "../../roles.ts";
import { claimLowest } from "../addresses/lowest-free.ts";
import { holds, merged, type Range } from "../addresses/range.ts";
import { claimSegment, knownHolder } from "../segment-table.ts";
import type { CreateContext, SegmentStrategy } from "../segmentation.ts";
import type { NetworkStore } from "../store.ts";
import { type OfferedVlans, offeredVlans } from "./offered-vlans.ts";

/**
 * A VLAN network has a VLAN of its own: the lowest that is free, so that holes are filled again (nova took the highest that was
 * used, and one more), or the one that an operator names.
 */
export const vlanSegmentation: SegmentStrategy = (handles) => ({
  kind: "vlan",
  async prepare({ physicalNetwork, vlanId }, ctx) {
    if (vlanId !== undefined && !hasRole(ctx.principal, operator))
      throw notPermitted(`only the role ${operator} names a VLAN; leave vlanId out`);
    const vlans = await offeredVlans(handles, physicalNetwork, ctx);
    if (vlanId !== undefined) requireOffered(vlans, vlanId, ctx);
    return async (tx, networkId) => {
      const claim = (id: number) => claimSegment(tx, { physicalNetwork, vlanId: id }, networkId);
      if (vlanId === undefined) {
        const lowest = await claimLowest(vlans.offered, countVlans(tx, physicalNetwork), (id) => claim(Number(id)));
        return { kind: "vlan", vlanId: Number(lowest ?? ctx.fail("NO_VLAN_LEFT", { physicalNetwork })) };
      }
      if (!(await claim(vlanId)))
        ctx.fail("VLAN_IN_USE", { vlanId, ...(await knownHolder(tx, ctx, { physicalNetwork, vlanId })) });
      return { kind: "vlan", vlanId };
    };
  },
});

function requireOffered({ usable, reserved }: OfferedVlans, vlanId: number, ctx: CreateContext): void {
  const isIn = (ranges: readonly Range[]) => ranges.some((range) => holds(range, BigInt(vlanId)));
  if (isIn(reserved)) ctx.fail("VLAN_RESERVED", { vlanId, ranges: pairs(reserved) });
  if (!isIn(usable)) ctx.fail("VLAN_OUT_OF_RANGE", { vlanId, ranges: pairs(usable) });
}

function countVlans(tx: Transaction<NetworkStore>, physicalNetwork: string) {
  return async ({ first, last }: Range) => {
    const { count } = await tx
      .selectFrom("segments")
      .select((sql) => sql.fn.countAll<number>().as("count"))
      .where("physicalNetwork", "=", physicalNetwork)
      .where("vlanId", ">=", Number(first))
      .where("vlanId", "<=", Number(last))
      .executeTakeFirstOrThrow();
    return BigInt(count);
  };
}

function pairs(ranges: readonly Range[]): [number, number][] {
  return merged(ranges).map(({ first, last }) => [Number(first), Number(last)]);
}
