import type { CapabilityReport } from "@reeve/runtime/capability";

type Fields = CapabilityReport["capabilities"];

/** One thing that placement counts. */
export interface Resource {
  readonly total: number;
  /** What can still be promised. Negative when more is promised than there is. */
  readonly available: number;
}

/** What a host's capabilities mean to placement. */
export interface Capacity {
  readonly resources: ReadonlyMap<string, Resource>;
  /** How many things the host holds. */
  readonly allocated: number;
  /** Requests whose things these figures count already, confirmed or not. Default: those confirmed. */
  readonly shows?: ReadonlySet<string>;
}

/** Reads one manager's capabilities. What it cannot read it leaves out, and nothing that needs it is placed there. */
export type CapacityReader = (capabilities: Fields) => Capacity;

const gibibyte = 2 ** 30;

/**
 * Reads `resources: { gpu: { total, free } }` and `allocated` of any manager; and, as `sizeGiB`, the bytes that volume
 * managers report, by Cinder's capacity rule: promises may reach `overcommitRatio` times the total, and what is free now
 * times the same, both without `reservedBytes`; `unwrittenBytes` are promised and in neither yet. What `placed` names is
 * counted in all of these.
 *
 * @example
 * ```ts
 * const capacity = readCapacity(report);
 * ```
 */
export const readCapacity: CapacityReader = (capabilities) => {
  const resources = new Map(Object.entries(namedResources(capabilities)).flatMap(readResource));
  const storage = readStorage(capabilities);
  if (storage) resources.set("sizeGiB", storage);
  const allocated = number(capabilities.allocated) ?? number(capabilities.volumes) ?? 0;
  const { placed } = capabilities;
  if (!Array.isArray(placed) || placed.length === 0) return { resources, allocated };
  return { resources, allocated, shows: new Set(placed) };
};

function namedResources({ resources }: Fields): object {
  return typeof resources === "object" && resources !== null ? resources : {};
}

function readResource([name, value]: [string, unknown]): [string, Resource][] {
  if (typeof value !== "object" || value === null) return [];
  const { total, free } = value as Fields;
  const available = number(free);
  return available === undefined ? [] : [[name, { total: number(total) ?? available, available }]];
}

function readStorage(capabilities: Fields): Resource | undefined {
  const total = number(capabilities.totalBytes);
  const free = number(capabilities.freeBytes);
  if (total === undefined || free === undefined) return undefined;
  const reserved = number(capabilities.reservedBytes) ?? 0;
  const ratio = number(capabilities.overcommitRatio) ?? 1;
  // Images may promise more than the manager counts, and those in the making less: the larger claim holds.
  const unwritten = number(capabilities.unwrittenBytes) ?? 0;
  const promised = Math.max(
    (number(capabilities.provisionedBytes) ?? total - free) + unwritten,
    number(capabilities.allocatedBytes) ?? 0,
  );
  const available = Math.min((total - reserved) * ratio - promised, (free - reserved) * ratio - unwritten);
  return { total: total / gibibyte, available: available / gibibyte };
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
