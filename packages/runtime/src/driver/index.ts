export { type AttachedDriver, type AttachOptions, attachDriver } from "./attach-driver.ts";
export type { CallNotes } from "./caller.ts";
export { type CompiledDriverLimits, compileDriverLimits, type DriverLimits } from "./driver-limits.ts";
export type { DriverCounters, MethodCounters } from "./driver-stats.ts";
export type { DriverEvents } from "./session-options.ts";
