export { compareMeasurements, type Measurement, ofOneStore } from "./measurement.ts";
export type { CapabilityReport, ReportSource } from "./reports.ts";
