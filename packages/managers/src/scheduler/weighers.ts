import type { HostState } from "./host-state.ts";
import type { PlacementRequest } from "./placement-request.ts";

/** Ranks the hosts that every filter accepts. */
export interface HostWeigher {
  /** Names it in explanations. */
  readonly name: string;
  /** How much it counts beside the others; negative turns it round. */
  readonly multiplier: number;
  /** A finite number, higher for the better. Only differences between the candidates of one placement matter. */
  weigh(host: HostState, request: PlacementRequest): number;
}

/** Prefers hosts where more of the same still fits: spreads. A negative multiplier packs. Default 1, as Cinder's capacity weigher. */
export function freeCapacity(multiplier = 1): HostWeigher {
  return {
    name: "freeCapacity",
    multiplier,
    weigh(host, { needs }) {
      let fits = Number.POSITIVE_INFINITY;
      for (const [resource, amount] of needs) fits = Math.min(fits, host.free(resource) / amount);
      return fits === Number.POSITIVE_INFINITY ? 0 : fits;
    },
  };
}

/** Prefers hosts that hold fewer things, as Cinder's volume number weigher. Default 0.5: capacity comes first. */
export function fewestAllocated(multiplier = 0.5): HostWeigher {
  return { name: "fewestAllocated", multiplier, weigh: (host) => -host.allocated };
}

/** The weighers of every scheduler; one of the same name takes the place of one of these. */
export const builtInWeighers: readonly HostWeigher[] = [freeCapacity(), fewestAllocated()];
