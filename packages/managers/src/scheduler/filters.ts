import type { CandidateHost } from "./host-state.ts";
import type { HostTable } from "./host-table.ts";
import type { PlacementRequest } from "./placement-request.ts";
import { requirement } from "./requirement.ts";

/** Turns hosts away. Called for every host of a manager that the filters before it accepted, at each placement. */
export interface HostFilter {
  /** Names it in explanations. */
  readonly name: string;
  /**
   * Its answer depends on nothing but the host's capabilities, cluster and address and the request's manager, labels, requires and
   * availability zone: it is called for a host when that has changed, instead of for every host at each placement. Default false.
   */
  readonly pure?: boolean;
  accepts(host: CandidateHost, request: PlacementRequest): boolean;
}

/** A filter as placement uses it: it looks at the request once, and then at rows. */
export interface RowFilter {
  readonly name: string;
  /** What its answer for a host depends on, the host's own row apart. */
  readonly dependsOn: "time" | "exclusions" | "needs" | "host" | "anything";
  /** Undefined when it has nothing to say of this request. */
  prepare(table: HostTable, request: PlacementRequest): ((row: number) => boolean) | undefined;
}

export function rowFilter(filter: HostFilter): RowFilter {
  const prepare: RowFilter["prepare"] =
    ({ hosts }, request) =>
    (row) =>
      filter.accepts(hosts[row]!, request);
  return { name: filter.name, dependsOn: filter.pure === true ? "host" : "anything", prepare };
}

const [upFilter, readyFilter, measuredFilter] = ["up", "ready", "measured"] as const;
/** The filters that fresh news of a host may satisfy, whatever is asked for. */
export const newsFilters: ReadonlySet<string> = new Set([upFilter, readyFilter, measuredFilter]);

export interface HostLimits {
  /** A host whose supervisor was not heard of for longer is down. */
  readonly downAfterMs: number;
  /** Measurements older than this are ignored as stale. */
  readonly maxAgeMs: number;
}

/** The filters of every scheduler, in order. */
export function builtInFilters({ downAfterMs, maxAgeMs }: HostLimits): readonly RowFilter[] {
  return [
    {
      name: upFilter,
      dependsOn: "time",
      prepare({ sources }, { now }) {
        const since = now - downAfterMs;
        return (row) => sources[row]!.heardAt >= since;
      },
    },
    {
      name: readyFilter,
      dependsOn: "time",
      prepare:
        ({ ready }) =>
        (row) =>
          ready[row] === 1,
    },
    {
      name: measuredFilter,
      dependsOn: "time",
      prepare({ measuredAt }, { now }) {
        const since = now - maxAgeMs;
        return (row) => measuredAt[row]! >= since;
      },
    },
    {
      name: "attempted",
      dependsOn: "exclusions",
      prepare(table, { excluded }) {
        const rows = new Set([...excluded].map((address) => table.rowOf(address)));
        return rows.size === 0 ? undefined : (row) => !rows.has(row);
      },
    },
    {
      name: "availabilityZone",
      dependsOn: "host",
      prepare({ profile, profiles }, { availabilityZone: wanted }) {
        if (wanted === undefined) return undefined;
        const passing = profiles.judge(({ availabilityZone }) => availabilityZone === wanted);
        return (row) => passing[profile[row]!] === 1;
      },
    },
    {
      name: "labels",
      dependsOn: "host",
      prepare({ profile, profiles }, { labels: wanted }) {
        if (wanted.length === 0) return undefined;
        const passing = profiles.judge(({ labels }) => hasAll(labels, wanted));
        return (row) => passing[profile[row]!] === 1;
      },
    },
    {
      name: "capabilities",
      dependsOn: "host",
      prepare({ hosts }, { requires }) {
        if (requires.length === 0) return undefined;
        const holds = requires.map(([path, condition]) => requirement(path, condition));
        return (row) => {
          const { capabilities } = hosts[row]!;
          return holds.every((met) => met(capabilities));
        };
      },
    },
    { name: "capacity", dependsOn: "needs", prepare: capacity },
  ];
}

function capacity(table: HostTable, { needs }: PlacementRequest): ((row: number) => boolean) | undefined {
  const columns = [...needs].map(([resource, amount]) => ({ free: table.free(resource), amount }));
  const [first, ...more] = columns;
  if (first === undefined) return undefined;
  if (columns.some(({ free }) => free === undefined)) return () => false;
  const { free, amount } = first;
  if (more.length === 0) return (row) => free![row]! >= amount;
  return (row) => columns.every((need) => need.free![row]! >= need.amount);
}

function hasAll(given: unknown, wanted: PlacementRequest["labels"]): boolean {
  if (typeof given !== "object" || given === null) return false;
  return wanted.every(
    ([name, value]) => Object.hasOwn(given, name) && (given as Record<string, unknown>)[name] === value,
  );
}
