export { requireId } from "../require-id.ts";
export { markOf } from "./mark.ts";
export {
  type Attachment,
  type AttachmentSpec,
  type DetachSpec,
  type Discarded,
  type Foreign,
  type ListedAttachment,
  type ListedSegment,
  type NetworkChange,
  type NetworkDriverPort,
  type NetworkInventory,
  type NetworkLeftover,
  type NetworkPlan,
  networkDriver,
  type Point,
  type PortKey,
  type Segment,
  type SegmentKey,
  type SegmentSpec,
  type VlanRanges,
} from "./network-driver.ts";
export { NetworkStats } from "./network-stats.ts";
export {
  malformed,
  requireAddress,
  requireIp,
  requireMac,
  requireMtu,
  requireSegment,
  requireSegmentKey,
  requireSegmentSpec,
  requireVlanId,
} from "./require-network.ts";
export { requireAttachmentSpec, requireDetachSpec, requirePoint, requirePortKey } from "./require-port.ts";
