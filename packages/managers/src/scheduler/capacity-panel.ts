import type { Page } from "@reeve/contract";
import type { InspectionPanel, PanelRow } from "@reeve/runtime/inspection";
import { type Host, scheduler } from "./contract.ts";
import type { HostQuery } from "./host-listing.ts";
import { lacks } from "./lacks.ts";

interface CapacityPanelOptions {
  /** Of the scheduler that shows it. */
  readonly address: string;
  hosts(query: HostQuery): Page<Host>;
  /** Milliseconds since 1970. */
  wallNow(): number;
}

/** As many as a panel shows: of a large fleet most rows would be made for nothing, and hold up the event loop. */
const mostHosts = 200;
/** Those that nothing can be placed on come first. */
const turnedAway = -1;

/** What can be placed where, as this scheduler knows it: free capacity, reservations, and why a host is turned away whatever is asked for. */
export function capacityPanel({ address, hosts, wallNow }: CapacityPanelOptions): InspectionPanel {
  const name = `${scheduler.name}/${address}`;
  return {
    id: "schedulers",
    title: "Schedulers",
    empty: "No scheduler knows a host yet.",
    read() {
      const { items } = hosts({ filter: undefined, cursor: undefined, limit: Number.MAX_SAFE_INTEGER });
      const now = wallNow();
      const first = [...items.filter(isTurnedAway), ...items.filter((host) => !isTurnedAway(host))].slice(0, mostHosts);
      const states = Map.groupBy(items, ({ status }) => status);
      return {
        columns: [
          { id: "host", label: "Placed on", kind: "manager" },
          { id: "status", label: "Status", kind: "state" },
          { id: "free", label: "Free" },
          { id: "reserved", label: "Reserved" },
          { id: "holds", label: "Holds", kind: "number" },
          { id: "why", label: "Why nothing is placed on it", kind: "reason" },
          { id: "measured", label: "Measured", kind: "age" },
          { id: "heard", label: "Heard", kind: "age" },
          { id: "scheduler", label: "Scheduler", kind: "manager" },
        ],
        rows: first.map((host) => rowOf(host, name, now)),
        // Each scheduler hears the whole fleet.
        totals: [...states].map(([state, { length: count }]) => ({ id: state, state, count })),
      };
    },
  };
}

function isTurnedAway({ excludedBy }: Host): boolean {
  return excludedBy.length > 0;
}

function rowOf(host: Host, name: string, now: number): PanelRow {
  const { manager, members, status, resources, allocated, excludedBy, measuredMsAgo, heardMsAgo } = host;
  const amounts = Object.entries(resources);
  const reserved = amounts.filter(([, amount]) => amount.reserved > 0);
  return {
    id: `${name} ${manager}/${host.address}`,
    ...(isTurnedAway(host) && { rank: turnedAway }),
    cells: {
      host: `${manager}/${members[0] ?? host.address}`,
      status,
      free: amounts.map(([resource, { free, total }]) => `${shown(free)} of ${shown(total)} ${resource}`).join(", "),
      reserved: reserved.map(([resource, amount]) => `${shown(amount.reserved)} ${resource}`).join(", ") || null,
      holds: allocated,
      why: excludedBy.map((filter) => lacks[filter] ?? `the filter "${filter}"`).join(", ") || null,
      measured: now - measuredMsAgo,
      heard: now - heardMsAgo,
      scheduler: name,
    },
  };
}

function shown(amount: number): string {
  return String(Math.round(amount * 10) / 10);
}
