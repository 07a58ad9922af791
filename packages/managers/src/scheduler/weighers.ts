import type { CandidateHost } from "./host-state.ts";
import type { HostTable } from "./host-table.ts";
import type { PlacementRequest } from "./placement-request.ts";

/** Ranks the hosts that every filter accepts. */
export interface HostWeigher {
  /** Names it in explanations. */
  readonly name: string;
  /** How much it counts beside the others; negative turns it round. */
  readonly multiplier: number;
  /**
   * What it says depends on nothing but the host's capabilities, cluster and address and the request's manager, labels, requires
   * and availability zone: it is called for a host when that has changed, instead of for every candidate at each placement. Default false.
   */
  readonly pure?: boolean;
  /** A finite number, higher for the better. Only differences between the candidates of one placement matter. */
  weigh(host: CandidateHost, request: PlacementRequest): number;
}

/** A weigher as placement uses it: it looks at the request once, and then at rows. */
export interface RowWeigher {
  readonly name: string;
  readonly multiplier: number;
  /** What it says of a host depends on, the host's own row apart. */
  readonly dependsOn: "needs" | "host" | "anything";
  prepare(table: HostTable, request: PlacementRequest): (row: number) => number;
}

export function rowWeigher(weigher: HostWeigher): RowWeigher {
  const { name, multiplier } = weigher;
  return {
    name,
    multiplier,
    dependsOn: weigher.pure === true ? "host" : "anything",
    prepare:
      ({ hosts }, request) =>
      (row) =>
        weigher.weigh(hosts[row]!, request),
  };
}

/** How much the built-in weighers count. */
export interface Multipliers {
  /** Prefers hosts where more of the same still fits: spreads; negative packs. Default 1, as Cinder's capacity weigher. */
  readonly freeCapacity?: number;
  /** Prefers hosts that hold fewer things, as Cinder's volume number weigher. Default 0.5: capacity comes first. */
  readonly fewestAllocated?: number;
}

/** The weighers of every scheduler. */
export function builtInWeighers({ freeCapacity = 1, fewestAllocated = 0.5 }: Multipliers = {}): readonly RowWeigher[] {
  return [
    { name: "freeCapacity", multiplier: freeCapacity, dependsOn: "needs", prepare: howManyFit },
    {
      name: "fewestAllocated",
      multiplier: fewestAllocated,
      dependsOn: "host",
      prepare:
        ({ allocated }) =>
        (row) =>
          -allocated[row]!,
    },
  ];
}

/** Every candidate has what is needed, or the capacity filter would have turned it away. */
function howManyFit(table: HostTable, { needs }: PlacementRequest): (row: number) => number {
  const columns = [...needs].flatMap(([resource, amount]) => {
    const free = table.free(resource);
    return free ? [{ free, amount }] : [];
  });
  const [first, ...more] = columns;
  if (first === undefined) return () => 0;
  const { free, amount } = first;
  if (more.length === 0) return (row) => free[row]! / amount;
  return (row) =>
    columns.reduce((fits, need) => Math.min(fits, need.free[row]! / need.amount), Number.POSITIVE_INFINITY);
}
