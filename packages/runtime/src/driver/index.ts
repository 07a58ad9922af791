export { type AttachedDriver, attachDriver } from "./attach-driver.ts";
export type { CallNotes } from "./caller.ts";
export { type CompiledDriverLimits, compileDriverLimits, type DriverLimits } from "./driver-limits.ts";
export type { DriverCounters } from "./driver-stats.ts";
