import type { HostTable } from "./host-table.ts";
import type { PlacementRequest } from "./placement-request.ts";
import type { RowWeigher } from "./weighers.ts";

/** What one weigher said of every candidate. */
export interface Column {
  readonly weigher: string;
  readonly values: Float64Array;
  /** What a value adds to a score: its place between the lowest (0) and the highest (1), times the multiplier. */
  scale(value: number): number;
}

/** Sums what the weighers say, each brought to the same range (Cinder's and Nova's normalised weights). */
export function weigh(
  table: HostTable,
  candidates: Uint32Array,
  request: PlacementRequest,
  weighers: readonly RowWeigher[],
): { readonly scores: Float64Array; readonly columns: readonly Column[] } {
  const scores = new Float64Array(candidates.length);
  const columns = weighers.map((weigher) => column(table, candidates, request, weigher, scores));
  return { scores, columns };
}

function column(
  table: HostTable,
  candidates: Uint32Array,
  request: PlacementRequest,
  weigher: RowWeigher,
  scores: Float64Array,
): Column {
  const values = valuesOf(table, candidates, request, weigher);
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  // Where all are equal the weigher has nothing to say.
  const factor = highest > lowest ? weigher.multiplier / (highest - lowest) : 0;
  for (let index = 0; index < values.length; index++) scores[index]! += (values[index]! - lowest) * factor;
  return { weigher: weigher.name, values, scale: (value) => (value - lowest) * factor };
}

function valuesOf(
  table: HostTable,
  candidates: Uint32Array,
  request: PlacementRequest,
  weigher: RowWeigher,
): Float64Array {
  const values = new Float64Array(candidates.length);
  let index = 0;
  const where = () => `weigher ${weigher.name} on ${request.manager} ${table.hosts[candidates[index]!]?.address}`;
  try {
    const weightOf = weigher.prepare(table, request);
    for (; index < candidates.length; index++) {
      const value = weightOf(candidates[index]!);
      if (!Number.isFinite(value)) throw new RangeError(`it weighed ${String(value)}, which is no finite number`);
      values[index] = value;
    }
  } catch (cause) {
    throw new TypeError(`${where()}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return values;
}
