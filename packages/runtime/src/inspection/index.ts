export { boundedValue, type ValueLimits } from "./bounded-value.ts";
export { InspectionBus, type InspectionObserver, type InspectionSource } from "./bus.ts";
export type { CallEnd, CallMaker } from "./call-report.ts";
export type { FleetTransport } from "./fleet-channel.ts";
export { FleetFeed, type FleetFeedOptions } from "./fleet-feed.ts";
export { FleetWatch, type FleetWatchOptions } from "./fleet-watch.ts";
export type {
  ActorFrame,
  EventFrame,
  InspectedEvent,
  InspectedTransition,
  InspectionContext,
  InspectionFrame,
  InspectionLoad,
  InspectionSnapshot,
  SnapshotFrame,
  StateValue,
} from "./frame.ts";
export { HostFeed, type HostFeedOptions, type HostWatch, type InspectableHost } from "./host-feed.ts";
export { type Applied, HostPicture, type ToldStep } from "./host-picture.ts";
export type { InspectableRuntime, Inspector, InspectorLog, InspectorPage } from "./inspector-port.ts";
export { readInterest } from "./interest.ts";
export {
  type ActorNews,
  type CallEndNews,
  type ChangeNews,
  type DetailNews,
  type GaveUp,
  type HostFacts,
  type HostNews,
  type Interest,
  type MessageNews,
  noInterest,
  type PanelHead,
  type TableNews,
} from "./news.ts";
export type { CellKind, InspectionPanel, PanelColumn, PanelRow, PanelTable } from "./panel.ts";
export { TransitionLog } from "./transition-log.ts";
