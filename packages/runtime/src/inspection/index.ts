export { boundedValue, type ValueLimits } from "./bounded-value.ts";
export { InspectionBus, type InspectionObserver, type InspectionSource } from "./bus.ts";
export type { CallEnd, CallMaker } from "./call-report.ts";
export { type ChildActor, type ChildEvent, type ChildFrames, type ChildLife, ShownChildren } from "./child-frames.ts";
export type { FleetTransport } from "./fleet-channel.ts";
export { FleetFeed, type FleetFeedOptions } from "./fleet-feed.ts";
export { FleetWatch, type FleetWatchOptions } from "./fleet-watch.ts";
export type {
  ActorFrame,
  CallFailure,
  ChildFrame,
  ChildSnapshot,
  ChildSnapshotFrame,
  EventFrame,
  InspectedEvent,
  InspectedTransition,
  InspectionContext,
  InspectionFrame,
  InspectionLoad,
  InspectionSnapshot,
  ReplyFrame,
  SnapshotFrame,
  StateValue,
} from "./frame.ts";
export { HostFeed, type HostFeedOptions, type HostWatch, type InspectableHost } from "./host-feed.ts";
export { type Applied, HostPicture, type ToldStep } from "./host-picture.ts";
export { inOrder, type Step } from "./in-order.ts";
export type { InspectableRuntime, Inspector, InspectorLog, InspectorPage } from "./inspector-port.ts";
export { readInterest } from "./interest.ts";
export {
  type ActorNews,
  type CallEndNews,
  type ChangeNews,
  type ChildChangeNews,
  type ChildNews,
  type DetailNews,
  type GaveUp,
  type HostFacts,
  type HostNews,
  type Interest,
  type MessageNews,
  noInterest,
  type PanelHead,
  type ReplyNews,
  type TableNews,
} from "./news.ts";
export type { CellKind, InspectionPanel, PanelColumn, PanelRow, PanelTable } from "./panel.ts";
export type { Secrets } from "./shielded-value.ts";
export { TransitionLog } from "./transition-log.ts";
