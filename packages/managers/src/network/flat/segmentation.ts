import { claimSegment, knownHolder } from "../segment-table.ts";
import type { SegmentStrategy } from "../segmentation.ts";

/** Stands for untagged traffic in the key of a segment. */
const untagged = 0;

/**
 * A flat network is all untagged traffic of a physical network, so a physical network has one at most. (As Neutron's type
 * driver `flat`, whose key is the physical network as well.)
 */
export const flatSegmentation: SegmentStrategy = () => ({
  kind: "flat",
  async prepare({ physicalNetwork, vlanId }, ctx) {
    if (vlanId !== undefined) ctx.fail("UNSUPPORTED", { ability: "vlans" });
    return async (tx, networkId) => {
      const key = { physicalNetwork, vlanId: untagged };
      if (!(await claimSegment(tx, key, networkId))) ctx.fail("FLAT_IN_USE", await knownHolder(tx, ctx, key));
      return { kind: "flat" };
    };
  },
});
