/** What keeps a manager from serving as it should. */
export type CauseReason =
  | "DRIVER_LOST"
  | "NOT_WORKING"
  | "LINK_LOST"
  | "LOOP_LAGGING"
  /** Another process holds its address: it takes no calls until that one is gone. */
  | "ADDRESS_CLAIMED"
  /** Its process stood still: it takes no calls until it is known that nobody else has taken its address. */
  | "STOOD_STILL"
  | "HUNG"
  | "RESET_FAILED"
  | "PREPARE_FAILED"
  | "WARM_UP_FAILED"
  /** A step of the start takes long. It degrades nothing, and is taken back when the step ends. */
  | "START_STALLED";

export interface Cause {
  readonly reason: CauseReason;
  readonly message: string;
}

/** The causes with one more; a reason stands at most once, with its latest message. */
export function withCause(causes: readonly Cause[], cause: Cause): readonly Cause[] {
  return [...causes.filter(({ reason }) => reason !== cause.reason), cause];
}

/** The causes without some; the same array when none of them stood. */
export function withoutCause(causes: readonly Cause[], ...reasons: readonly CauseReason[]): readonly Cause[] {
  const left = causes.filter(({ reason }) => !reasons.includes(reason));
  return left.length === causes.length ? causes : left;
}

export function hasCause(causes: readonly Cause[], reason: CauseReason): boolean {
  return causes.some((cause) => cause.reason === reason);
}
