/** When a task's turns fall due. One for each task; it begins before the first turn. */
export interface Turns {
  /** Goes on to the next turn that lies ahead. Returns how many it passed over because they are in the past. */
  advance(): number;
  /** Has the first turn fall due after this time, instead of one interval from the first `advance`. Before that, and not for calendar times. */
  beginIn?(ms: number): void;
  /** Time until the turn, jitter included; 0 or less when it is due, undefined when there are no more turns. */
  remainingMs(): number | undefined;
  /** Time between the due times of this turn and the next. */
  readonly gapMs: number;
  /** Longest wait before `remainingMs` must be asked again. */
  readonly recheckMs: number;
}
