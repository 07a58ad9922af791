export type { RefusedCall } from "../../rpc/callee/behaviour.ts";
export { type Hosts, hosts } from "./contract.ts";
export type { RemoteOperators } from "./remote-operators.ts";
export type {
  ActorDescription,
  ActorInfo,
  AuditRecord,
  CallInfo,
  CastInfo,
  LogLevelInfo,
  LogLine,
  LogLines,
  ManagerDescription,
  ManagerSummary,
  WorkInfo,
} from "./schemas.ts";
