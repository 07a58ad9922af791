/**
 * One update of a manager's capabilities. Measurements of one store are in an order that holds without clocks: first by
 * incarnation, then by count within it. Those of different stores are in none.
 */
export interface Measurement {
  readonly epoch: number;
  /** 1 for the first of the incarnation. */
  readonly count: number;
  /** Identifies the incarnation, for equality only. Undefined in what older runtimes measured. */
  readonly incarnation?: string | undefined;
  /** Identifies the store that the epoch was counted in. Undefined as above. */
  readonly store?: string | undefined;
}

/**
 * Negative when `a` was made before `b`, 0 for the same one. Only for measurements of one store: see {@link ofOneStore}.
 *
 * @example
 * ```ts
 * const isNewer = compareMeasurements(report.measurement, known.measurement) > 0;
 * ```
 */
export function compareMeasurements(a: Measurement, b: Measurement): number {
  return a.epoch - b.epoch || a.count - b.count;
}

/**
 * Whether two measurements can be compared. Where a store is not known they are taken for those of one store, as older runtimes did.
 *
 * @example
 * ```ts
 * if (!ofOneStore(report.measurement, known.measurement)) forget(known);
 * ```
 */
export function ofOneStore(a: Pick<Measurement, "store">, b: Pick<Measurement, "store">): boolean {
  return a.store === undefined || b.store === undefined || a.store === b.store;
}
