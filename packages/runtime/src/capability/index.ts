export type { Capabilities, CapabilityHandle } from "./capabilities.ts";
export { type AttachOptions, CapabilityActor, type CapabilityActorOptions } from "./capability-actor.ts";
export { compareMeasurements, type Measurement, ofOneStore } from "./measurement.ts";
export type { Fields } from "./message.ts";
export { ReportReceiver, type ReportReceiverOptions } from "./report-receiver.ts";
export type { CapabilityReport, CapabilityReports, ReportListener, ReportSource } from "./reports.ts";
export type { ReportedStatus } from "./status.ts";
