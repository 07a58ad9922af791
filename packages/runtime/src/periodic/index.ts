export { createPeriodic, type Periodic, type PeriodicOptions } from "./periodic.ts";
export type { PeriodicTask } from "./periodic-task.ts";
export type { TaskReport } from "./task-loop.ts";
