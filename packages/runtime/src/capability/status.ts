/**
 * How a manager stands, as far as placing work on it goes. Only a `ready` one is chosen; a `cordoned` one would be ready, but an
 * operator says that nothing is to be placed on it.
 */
export type ReportedStatus = "starting" | "ready" | "cordoned" | "degraded" | "resetting" | "draining" | "stopped";

export const reportedStatuses: ReadonlySet<ReportedStatus> = new Set<ReportedStatus>([
  "starting",
  "ready",
  "cordoned",
  "degraded",
  "resetting",
  "draining",
  "stopped",
]);

export function isReportedStatus(value: unknown): value is ReportedStatus {
  return (reportedStatuses as ReadonlySet<unknown>).has(value);
}

/** Whether schedulers should hear of it before the next turn: readiness came or went, a reset that they wait for is over, or the end came. */
export function matters(from: ReportedStatus, to: ReportedStatus): boolean {
  return from !== to && (from === "ready" || from === "resetting" || to === "ready" || to === "stopped");
}
