import type { Unheard } from "./explanation.ts";
import { filter, rowsWhere } from "./filtering.ts";
import { type HostLimits, newsFilters, type RowFilter } from "./filters.ts";
import type { HostTable } from "./host-table.ts";
import type { PlacementRequest } from "./placement-request.ts";

/** What keeps hosts that would fit from being chosen, and may pass by itself. */
export interface Hindrance {
  /** Addresses of hosts in a reset. */
  readonly resetting: readonly string[];
  /** Hosts of which there is no fresh news. */
  readonly unheard: readonly Unheard[];
}

/** How many of each kind are named. */
const named = 1_000;

/**
 * What hinders hosts that every other filter accepts, by what was last known of them. What is degraded or draining gives no
 * such hope, having said so itself: unless it has fallen silent since, and may have come back well.
 */
export function hindrance(
  table: HostTable,
  request: PlacementRequest,
  { filters, downAfterMs, maxAgeMs }: HostLimits & { readonly filters: readonly RowFilter[] },
): Hindrance {
  const { now } = request;
  const cause = (row: number): Unheard["why"] | "resetting" | undefined => {
    const { status } = table.hosts[row]!;
    if (now - table.sources[row]!.heardAt > downAfterMs) return "silent";
    if (status !== "ready" && status !== "starting" && status !== "resetting") return undefined;
    if (status === "starting") return "starting";
    if (now - table.measuredAt[row]! > maxAgeMs) return "stale";
    return status === "resetting" ? "resetting" : undefined;
  };
  const hindered = rowsWhere(table, (row) => cause(row) !== undefined);
  const resetting: string[] = [];
  const unheard: Unheard[] = [];
  if (hindered.length === 0) return { resetting, unheard };
  const others = filters.filter(({ name }) => !newsFilters.has(name));
  for (const row of filter(table, request, others, hindered).candidates) {
    const why = cause(row)!;
    const address = table.hosts[row]!.home;
    if (why === "resetting") {
      if (resetting.length < named) resetting.push(address);
    } else if (unheard.length < named) unheard.push({ address, why });
  }
  return { resetting, unheard };
}
