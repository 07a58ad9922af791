import type { HostTable } from "./host-table.ts";
import type { PlacementRequest } from "./placement-request.ts";
import type { RowWeigher } from "./weighers.ts";

/** What one weigher said of every candidate. Holds until the next placement. */
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
  const scores = table.scratch.numbers(0, candidates.length).fill(0);
  const columns = weighers.map((weigher, index) => {
    const values = table.scratch.numbers(index + 1, candidates.length);
    ask(table, candidates, request, weigher, values);
    return column(weigher, values, scores);
  });
  return { scores, columns };
}

/** Adds to the scores what the values come to. */
function column(weigher: RowWeigher, values: Float64Array, scores: Float64Array): Column {
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

function ask(
  table: HostTable,
  candidates: Uint32Array,
  request: PlacementRequest,
  weigher: RowWeigher,
  values: Float64Array,
): void {
  let index = 0;
  try {
    const weightOf = weigher.prepare(table, request);
    for (; index < candidates.length; index++) {
      const value = weightOf(candidates[index]!);
      if (!Number.isFinite(value)) throw new RangeError(`expected a finite weight, got ${String(value)}`);
      values[index] = value;
    }
  } catch (cause) {
    const host = `${request.manager} ${table.hosts[candidates[index]!]?.address}`;
    throw new TypeError(
      `weigher ${weigher.name} on ${host}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}
