export type { Capabilities, CapabilityHandle } from "./capabilities.ts";
export { CapabilityActor } from "./capability-actor.ts";
export { compareMeasurements, type Measurement, ofOneStore } from "./measurement.ts";

export { ReportReceiver } from "./report-receiver.ts";
export type { CapabilityReport, CapabilityReports, ReportSource } from "./reports.ts";
export type { ReportedStatus } from "./status.ts";
