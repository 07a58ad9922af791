import type { HostState } from "./host-state.ts";
import type { PlacementRequest } from "./placement-request.ts";
import { meets } from "./requirement.ts";

/** Turns hosts away. Called for every host of a manager at each placement: keep it to comparisons. */
export interface HostFilter {
  /** Names it in explanations. */
  readonly name: string;
  accepts(host: HostState, request: PlacementRequest): boolean;
}

export interface HostLimits {
  /** A host whose supervisor was not heard of for longer is down. */
  readonly downAfterMs: number;
  /** Capabilities measured longer ago are not gone by. */
  readonly maxAgeMs: number;
}

/** The filters of every scheduler, in order; what they are asked says which of them has something to say. */
export function builtInFilters({ downAfterMs, maxAgeMs }: HostLimits): readonly HostFilter[] {
  return [
    { name: "up", accepts: ({ heardAt }, { now }) => now - heardAt <= downAfterMs },
    { name: "ready", accepts: ({ status }) => status === "ready" },
    { name: "measured", accepts: ({ measuredAt }, { now }) => now - measuredAt <= maxAgeMs },
    { name: "attempted", accepts: ({ address }, { excluded }) => excluded.size === 0 || !excluded.has(address) },
    {
      name: "availabilityZone",
      accepts: ({ capabilities }, { availabilityZone }) =>
        availabilityZone === undefined || capabilities.availabilityZone === availabilityZone,
    },
    {
      name: "labels",
      accepts: ({ capabilities }, { labels }) => labels.length === 0 || hasAll(capabilities.labels, labels),
    },
    {
      name: "capabilities",
      accepts: ({ capabilities }, { requires }) => requires.every(([path, is]) => meets(capabilities, path, is)),
    },
    { name: "capacity", accepts: fits },
  ];
}

function fits(host: HostState, { needs }: PlacementRequest): boolean {
  for (const [resource, amount] of needs) if (host.free(resource) < amount) return false;
  return true;
}

function hasAll(given: unknown, wanted: PlacementRequest["labels"]): boolean {
  if (typeof given !== "object" || given === null) return false;
  return wanted.every(
    ([name, value]) => Object.hasOwn(given, name) && (given as Record<string, unknown>)[name] === value,
  );
}
