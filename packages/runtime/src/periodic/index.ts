export { type Cluster, createPeriodic, type Periodic } from "./periodic.ts";
export type { PeriodicTask } from "./periodic-task.ts";
export { StoredTurns } from "./stored-turns.ts";
export type { TaskReport } from "./task-loop.ts";
