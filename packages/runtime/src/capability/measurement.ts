/**
 * One update of a manager's capabilities, in an order that holds across hosts and without clocks: first by incarnation,
 * then by count within it.
 */
export interface Measurement {
  readonly epoch: number;
  /** 1 for the first of the incarnation. */
  readonly count: number;
}

/** Negative when `a` was made before `b`, 0 for the same one. */
export function compareMeasurements(a: Measurement, b: Measurement): number {
  return a.epoch - b.epoch || a.count - b.count;
}
