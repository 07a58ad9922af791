export { requireId } from "../require-id.ts";
export { malformed } from "./malformed.ts";
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
export { requireAddress, requireIp, requireMac } from "./require-address.ts";
export { requireDiscarded } from "./require-discarded.ts";
export { requireAttachmentSpec, requireDetachSpec, requirePoint, requirePortKey } from "./require-port.ts";
export { requireMtu, requireSegment, requireSegmentKey, requireSegmentSpec, requireVlanId } from "./require-segment.ts";
