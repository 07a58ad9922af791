import type { Page, PageQuery } from "@reeve/contract";
import { refusals } from "./choice.ts";
import type { Host } from "./contract.ts";
import type { HostFilter } from "./filters.ts";
import type { HostState } from "./host-state.ts";
import type { HostStates } from "./host-states.ts";
import { emptyRequest } from "./placement-request.ts";
import { hostKey } from "./reservation.ts";

export type HostQuery = PageQuery<{ readonly manager?: string | undefined; readonly eligible?: boolean | undefined }>;

/** One page of hosts in the order of manager and address, each judged by the filters that placement uses. */
export function listHosts(
  states: HostStates,
  { filter, limit, cursor }: HostQuery,
  filters: readonly HostFilter[],
  now: number,
): Page<Host> {
  const hosts = filter?.manager === undefined ? [...states.all()] : states.of(filter.manager);
  const keyed = hosts
    .map((host) => ({ host, key: hostKey(host.manager, host.address) }))
    .filter(({ key }) => cursor === undefined || key > cursor)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const items: Host[] = [];
  let last = "";
  for (const { host, key } of keyed) {
    if (items.length === limit) return { items, next: last };
    last = key;
    const item = shown(host, filters, now);
    if (filter?.eligible === undefined || filter.eligible === (item.excludedBy.length === 0)) items.push(item);
  }
  return { items };
}

function shown(host: HostState, filters: readonly HostFilter[], now: number): Host {
  const resources = [...host.resources].map(([name, { total }]) => [
    name,
    { total, free: host.free(name), reserved: host.reserved(name) },
  ]);
  return {
    manager: host.manager,
    address: host.address,
    cluster: host.cluster ?? null,
    status: host.status,
    epoch: host.epoch,
    measuredMsAgo: now - host.measuredAt,
    heardMsAgo: now - host.heardAt,
    resources: Object.fromEntries(resources),
    allocated: host.allocated,
    capabilities: { ...host.capabilities },
    excludedBy: refusals(host, emptyRequest(host.manager, now), filters),
  };
}
