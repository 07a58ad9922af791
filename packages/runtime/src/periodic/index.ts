export { createPeriodic, type Periodic, type PeriodicOptions } from "./periodic.ts";
export type { PeriodicTask } from "./periodic-task.ts";
export { StoredTurns, type StoredTurnsOptions } from "./stored-turns.ts";
export type { TaskReport } from "./task-loop.ts";
