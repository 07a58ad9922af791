export type { Clock, Timer } from "./base/clock.ts";
export { systemClock } from "./base/clock.ts";
export { ManualClock } from "./base/manual-clock.ts";
export { type Random, seededRandom } from "./base/random.ts";
export {
  type Capabilities,
  type CapabilityReport,
  type CapabilityReports,
  compareMeasurements,
  type Measurement,
  ofOneStore,
  type ReportedStatus,
  type ReportSource,
} from "./capability/index.ts";
export type { ConfigSource } from "./config/index.ts";
export type { DriverCounters, DriverLimits, MethodCounters } from "./driver/index.ts";
export type { Cause, CauseReason } from "./lifecycle/cause.ts";
export type { LifecycleState, LifecycleStatus } from "./lifecycle/status.ts";
export type { AbandonedOperation, AbandonOptions, AbandonReport } from "./manager/abandonment.ts";
export type {
  AuthorizedCall,
  HostInfo,
  ManagerBehaviour,
  OperationHandler,
  OperationHandlers,
} from "./manager/behaviour.ts";
export {
  defineManager,
  type Handles,
  type ManagerDefinition,
  type ManagerOptions,
} from "./manager/definition.ts";
export type { DriverSource } from "./manager/driver-source.ts";
export type { Environment } from "./manager/environment.ts";
export type { ManagerLimits } from "./manager/limits.ts";
export { type ManagerInput, managerLogic } from "./manager/manager-logic.ts";
export type { SpawnOptions } from "./manager/spawn-options.ts";
export type { PeriodicTask } from "./periodic/index.ts";
export {
  type Effect,
  type Finish,
  type HeldWork,
  type Job,
  type JobKind,
  type JobKinds,
  job,
  type Recover,
  type Recoverers,
  type RecoveryContext,
  type RecoveryReport,
  type StreamEffect,
  type WaitingFor,
  type Work,
  type WorkContext,
} from "./recovery/index.ts";
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
export type { RefusedCall } from "./rpc/callee/behaviour.ts";
export type { Context, OperationContext } from "./rpc/callee/context.ts";
export { notPermitted } from "./rpc/callee/rights.ts";
export type { Caller } from "./rpc/caller/caller.ts";
export type { Member, Membership } from "./rpc/membership.ts";
export { hasRole, type Principal } from "./rpc/principal.ts";
export {
  type ServedEndpoint,
  type ServedManager,
  ServiceProtocol,
  type ServiceProtocolOptions,
} from "./service-protocol/index.ts";
export {
  type Column,
  column,
  defineStore,
  type NewRow,
  type Row,
  type RowChanges,
  type RowKey,
  type Store,
  type StoreBackend,
  type StoreDefinition,
  sql,
  type Table,
  type TableName,
  type Transaction,
  type TransactionOptions,
  table,
} from "./store/index.ts";
export { type Connection, type ConnectOptions, connect } from "./supervisor/connect.ts";
export { type Hosts, hosts } from "./supervisor/host/contract.ts";
export type { RemoteOperators } from "./supervisor/host/remote-operators.ts";
export type {
  AuditRecord,
  CallInfo,
  LogLevelInfo,
  ManagerDescription,
  ManagerSummary,
} from "./supervisor/host/schemas.ts";
export type { ManagerReport } from "./supervisor/manager-report.ts";
export { type OpenedEnvironment, openEnvironment } from "./supervisor/open-environment.ts";
export { createSupervisor, type SpawnedManager, type Supervisor } from "./supervisor/supervisor.ts";
export type { RestartOptions, SupervisorOptions } from "./supervisor/supervisor-options.ts";
export {
  createLogging,
  type Ending,
  type Logger,
  type Logging,
  type LoggingOptions,
  type LogLevel,
  type Observation,
  type ObservedCall,
  type ObservedDriverCall,
  type ObservedRun,
  type ObservedStep,
  type ObservedTransaction,
  type ObservedWork,
  type Observer,
  type RecordedLine,
  type RecordingLogger,
  recordingLogger,
  silentLogger,
} from "./telemetry/index.ts";
export type { AlarmKind, TransportAlarm } from "./transport/alarm.ts";
export {
  type InProcessClientOptions,
  type InProcessHub,
  type InProcessOptions,
  inProcess,
} from "./transport/in-process/index.ts";
export type {
  Message,
  MessageHandler,
  PublishOptions,
  SubscribeOptions,
  Subscription,
  Transport,
} from "./transport/transport.ts";
export type { RunOptions, Workers } from "./workers/workers.ts";
