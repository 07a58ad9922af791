import type { Page, PageQuery } from "@reeve/contract";
import type { Host } from "./contract.ts";
import { refusals } from "./filtering.ts";
import type { RowFilter } from "./filters.ts";
import type { HostState } from "./host-state.ts";
import type { HostStates } from "./host-states.ts";
import { emptyRequest } from "./placement-request.ts";
import { hostKey } from "./reservation.ts";

export type HostQuery = PageQuery<{ readonly manager?: string | undefined; readonly eligible?: boolean | undefined }>;

interface ListingOptions {
  readonly filters: readonly RowFilter[];
  /** After so long a silence of its supervisor a host is lost. */
  readonly downAfterMs: number;
}

/** One page of hosts in the order of manager and address, each judged by the filters that placement uses. */
export function listHosts(
  states: HostStates,
  { filter, limit, cursor }: HostQuery,
  { filters, downAfterMs }: ListingOptions,
  now: number,
): Page<Host> {
  const managers = filter?.manager === undefined ? states.managers() : [filter.manager];
  const items: Host[] = [];
  let last = "";
  for (const { host, key, excludedBy } of ordered(states, managers, filters, now)) {
    if (cursor !== undefined && key <= cursor) continue;
    if (items.length === limit) return { items, next: last };
    last = key;
    const excluded = excludedBy();
    if (filter?.eligible === undefined || filter.eligible === (excluded.length === 0)) {
      const status = now - host.heardAt > downAfterMs ? "lost" : host.status;
      items.push(shown(host, { status, members: states.membersOf(host), excludedBy: excluded }, now));
    }
  }
  return { items };
}

interface Listed {
  readonly host: HostState;
  readonly key: string;
  excludedBy(): string[];
}

function ordered(
  states: HostStates,
  managers: readonly string[],
  filters: readonly RowFilter[],
  now: number,
): readonly Listed[] {
  const listed = managers.flatMap((manager) => {
    const table = states.of(manager, now);
    const excludedBy = refusals(table, emptyRequest(manager, now), filters);
    return table.hosts.map((host, row) => ({
      host,
      key: hostKey(host.manager, host.home),
      excludedBy: () => excludedBy(row),
    }));
  });
  return listed.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function shown(
  host: HostState,
  { status, members, excludedBy }: Pick<Host, "status" | "members" | "excludedBy">,
  now: number,
): Host {
  const resources = [...host.resources].map(([name, { total }]) => [
    name,
    { total, free: host.free(name), reserved: host.reserved(name) },
  ]);
  return {
    manager: host.manager,
    address: host.home,
    cluster: host.cluster ?? null,
    members,
    status,
    epoch: host.epoch,
    measuredMsAgo: now - host.measuredAt,
    heardMsAgo: now - host.heardAt,
    resources: Object.fromEntries(resources),
    allocated: host.allocated,
    capabilities: { ...host.capabilities },
    excludedBy,
  };
}
