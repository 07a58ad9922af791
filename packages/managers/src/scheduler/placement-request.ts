import type { PlaceRequest } from "./contract.ts";
import type { Condition } from "./requirement.ts";

/** A request in the form that filters and weighers read. */
export interface PlacementRequest {
  readonly manager: string;
  readonly request: string;
  readonly needs: ReadonlyMap<string, number>;
  readonly labels: readonly (readonly [string, string])[];
  readonly requires: readonly (readonly [string, Condition])[];
  readonly availabilityZone: string | undefined;
  readonly excluded: ReadonlySet<string>;
  /** On the clock of `measuredAt` and `heardAt`. */
  readonly now: number;
}

export function placementRequest(given: PlaceRequest, now: number): PlacementRequest {
  return {
    manager: given.manager,
    request: given.request,
    needs: new Map(Object.entries(given.needs)),
    labels: Object.entries(given.labels),
    requires: Object.entries(given.requires),
    availabilityZone: given.availabilityZone,
    excluded: new Set(given.exclude),
    now,
  };
}

/** Asks for nothing: what turns a host away even then turns everything away. */
export function emptyRequest(manager: string, now: number): PlacementRequest {
  return placementRequest({ manager, request: "", needs: {}, labels: {}, requires: {}, exclude: [] }, now);
}
