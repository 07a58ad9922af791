/** What keeps a manager from serving as it should. */
export type CauseReason =
  | "DRIVER_LOST"
  | "NOT_WORKING"
  | "LINK_LOST"
  | "LOOP_LAGGING"
  | "HUNG"
  | "RESET_FAILED"
  | "WARM_UP_FAILED";

export interface Cause {
  readonly reason: CauseReason;
  readonly message: string;
}

/** The causes with one more; a reason stands at most once, with its latest message. */
export function withCause(causes: readonly Cause[], cause: Cause): readonly Cause[] {
  return [...withoutCause(causes, cause.reason), cause];
}

export function withoutCause(causes: readonly Cause[], reason: CauseReason): readonly Cause[] {
  return causes.some((cause) => cause.reason === reason) ? causes.filter((cause) => cause.reason !== reason) : causes;
}
