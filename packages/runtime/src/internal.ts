// What the packages beside this one are made of, and tests of the parts. It changes with any release.
export { type Clock, systemClock, type Timer } from "./base/clock.ts";
export { DeadlineWheel } from "./base/deadline-wheel.ts";
export { LoopTurn } from "./base/loop-turn.ts";
export { ManualClock } from "./base/manual-clock.ts";
export { type Random, seededRandom } from "./base/random.ts";
export type { ReportedStatus } from "./capability/index.ts";
export type { Environment } from "./manager/environment.ts";
export type { ManagerInput } from "./manager/manager-logic.ts";
export { LocalDirectory } from "./registry/local-directory.ts";
export {
  type AnnouncedStatus,
  type Announcement,
  type AnnounceOptions,
  Announcer,
  type AnnouncerOptions,
  type KnownMember,
  type MemberState,
  Members,
  type MembersOptions,
} from "./registry/membership/index.ts";
export { Registry } from "./registry/registry.ts";
export type { Call } from "./rpc/call.ts";
export type { Behaviour, Handler, StoredKeys } from "./rpc/callee/behaviour.ts";
export type { RefMaker } from "./rpc/callee/context.ts";
export { Service, type ServiceOptions } from "./rpc/callee/service.ts";
export { Caller } from "./rpc/caller/caller.ts";
export { Client, type ClientOptions } from "./rpc/caller/client.ts";
export type { LocalTargets } from "./rpc/caller/local-targets.ts";
export { makeRef } from "./rpc/caller/ref.ts";
export type { LocalTarget } from "./rpc/caller/routed-call.ts";
export type { Member, Membership } from "./rpc/membership.ts";
export { RemoteCalls, type RemoteCallsOptions } from "./rpc/remote/remote-calls.ts";
export { Endpoint } from "./rpc/remote/server/endpoint.ts";
export {
  type ServedEndpoint,
  type ServedManager,
  ServiceProtocol,
  type ServiceProtocolOptions,
} from "./service-protocol/index.ts";
export { Database } from "./store/database.ts";
export { OpenStore } from "./store/open-store.ts";
export { StoreHealth } from "./store/store-health.ts";
export type { OpenedEnvironment } from "./supervisor/open-environment.ts";
export { type RecordedLine, type RecordingLogger, recordingLogger, silentLogger } from "./telemetry/index.ts";
export { openThreadTransport } from "./transport/open-thread-transport.ts";
