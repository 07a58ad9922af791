export type { Capabilities, CapabilityHandle } from "./capabilities.ts";
export { CapabilityActor } from "./capability-actor.ts";
export { ReportReceiver } from "./report-receiver.ts";
export type { CapabilityReport, CapabilityReports } from "./reports.ts";
export type { ReportedStatus } from "./status.ts";
