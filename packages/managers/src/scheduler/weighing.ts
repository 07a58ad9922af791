import type { HostState } from "./host-state.ts";
import type { PlacementRequest } from "./placement-request.ts";
import type { HostWeigher } from "./weighers.ts";

/** What one weigher said of every candidate. */
export interface Column {
  readonly weigher: HostWeigher;
  readonly values: Float64Array;
  /** What a value adds to a score: its place between the lowest (0) and the highest (1), times the multiplier. */
  scale(value: number): number;
}

/** Sums what the weighers say, each brought to the same range (Cinder's and Nova's normalised weights). */
export function weigh(
  candidates: readonly HostState[],
  request: PlacementRequest,
  weighers: readonly HostWeigher[],
): { scores: Float64Array; columns: readonly Column[] } {
  const scores = new Float64Array(candidates.length);
  const columns = weighers.map((weigher) => column(candidates, request, weigher));
  for (const { values, scale } of columns) {
    for (let index = 0; index < values.length; index++) scores[index]! += scale(values[index]!);
  }
  return { scores, columns };
}

function column(candidates: readonly HostState[], request: PlacementRequest, weigher: HostWeigher): Column {
  const values = new Float64Array(candidates.length);
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const [index, host] of candidates.entries()) {
    const value = weightOf(host, request, weigher);
    values[index] = value;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  // Where all are equal the weigher has nothing to say.
  const factor = highest > lowest ? weigher.multiplier / (highest - lowest) : 0;
  return { weigher, values, scale: (value) => (value - lowest) * factor };
}

function weightOf(host: HostState, request: PlacementRequest, weigher: HostWeigher): number {
  let value: number;
  try {
    value = weigher.weigh(host, request);
  } catch (cause) {
    throw new TypeError(`weigher ${weigher.name} failed on ${host.manager} ${host.address}`, { cause });
  }
  if (Number.isFinite(value)) return value;
  throw new TypeError(`weigher ${weigher.name} weighed ${host.manager} ${host.address} as ${String(value)}`);
}
