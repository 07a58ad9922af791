export type {
  Actors,
  FoundActor,
  InTransaction,
  KeepActorOptions,
  KeptActor,
  KeptMachineOptions,
  OnActorError,
  SentEvent,
  SpawnActorOptions,
} from "./actors/index.ts";
export type { Clock } from "./base/clock.ts";
export type { AcquireLease, HeldLease, LeaseOptions } from "./leases/index.ts";
export type { Cause } from "./lifecycle/cause.ts";
export type { LifecycleStatus } from "./lifecycle/status.ts";
export type { ManagerBehaviour, OperationHandlers } from "./manager/behaviour.ts";
export {
  defineManager,
  type Handles,
  type ManagerDefinition,
  type ManagerOptions,
} from "./manager/definition.ts";
export type { ManagerLimits } from "./manager/limits.ts";
export { managerLogic } from "./manager/manager-logic.ts";
export type { SpawnOptions } from "./manager/spawn-options.ts";
export type { PeriodicTask } from "./periodic/index.ts";
export {
  carriedOut,
  type Effect,
  type Finish,
  type Job,
  type JobKind,
  job,
  type Recover,
  type Recoverers,
  type RecoveryContext,
  type Work,
  type WorkContext,
  type WorkUnderWay,
} from "./recovery/index.ts";
export type { Context, OperationContext } from "./rpc/callee/context.ts";
export { notPermitted } from "./rpc/callee/rights.ts";
export type { Caller } from "./rpc/caller/caller.ts";
export { hasRole, type Principal } from "./rpc/principal.ts";
export {
  type Column,
  column,
  defineStore,
  type NewRow,
  type Row,
  type RowChanges,
  type Store,
  type StoreBackend,
  type StoreDefinition,
  sql,
  type Table,
  type TableName,
  type Transaction,
  table,
} from "./store/index.ts";
export { type Connection, type ConnectOptions, connect } from "./supervisor/connect.ts";
export type { ManagerReport } from "./supervisor/manager-report.ts";
export { openEnvironment } from "./supervisor/open-environment.ts";
export { createSupervisor, type Supervisor } from "./supervisor/supervisor.ts";
export type { SupervisorOptions } from "./supervisor/supervisor-options.ts";
export {
  createLogging,
  type Logger,
  type Logging,
  type LoggingOptions,
  type Observer,
} from "./telemetry/index.ts";
export { inProcess } from "./transport/in-process/index.ts";
export type { Workers } from "./workers/workers.ts";
