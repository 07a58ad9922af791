import type { InspectionPanel, PanelRow, PanelTable } from "../inspection/index.ts";
import type { DriverView } from "../manager/life-details.ts";

interface DrivenManager {
  /** `manager/address`. */
  readonly key: string;
  readonly life: { readonly driver: DriverView | undefined } | undefined;
}

/** Those that cannot be called come first. */
const unwell = -1;

const columns: PanelTable["columns"] = [
  { id: "manager", label: "Manager", kind: "manager" },
  { id: "driver", label: "Driver" },
  { id: "state", label: "State", kind: "state" },
  { id: "since", label: "For", kind: "age" },
  { id: "why", label: "Why", kind: "reason" },
  { id: "running", label: "Calls in flight", kind: "number" },
  { id: "waiting", label: "Waiting", kind: "number" },
  { id: "hung", label: "Hung", kind: "number" },
  { id: "losses", label: "Lost so far", kind: "number" },
  { id: "slowest", label: "Slowest call so far" },
];

/** The driver of each manager that has one: how it is, since when, and what its calls cost. */
export function driverPanel(host: string, managers: () => readonly DrivenManager[]): InspectionPanel {
  return {
    id: "drivers",
    title: "Drivers",
    empty: "No manager has a driver.",
    read: () => {
      const drivers = managers().flatMap(({ key, life }) => {
        const driver = life?.driver;
        return driver ? [{ key, driver }] : [];
      });
      const totals = [...Map.groupBy(drivers, ({ driver }) => driver.state)].map(([state, { length: count }]) => {
        return { id: `${host} ${state}`, state, count };
      });
      return { columns, rows: drivers.map(({ key, driver }) => rowOf(key, driver)), totals };
    },
  };
}

function rowOf(manager: string, { name, version, state, since, cause, counters }: DriverView): PanelRow {
  const { running, waiting, hung, losses } = counters;
  return {
    id: manager,
    ...(state !== "ready" && state !== "checking" && { rank: unwell }),
    cells: {
      ...{ manager, state, since, running, waiting, hung, losses },
      driver: version === undefined ? name : `${name} ${version}`,
      why: cause ?? null,
      slowest: slowestOf(counters.methods),
    },
  };
}

function slowestOf(methods: DriverView["counters"]["methods"]): string | null {
  const [slowest] = Object.entries(methods).sort(([, one], [, other]) => other.maxMs - one.maxMs);
  if (!slowest) return null;
  const [method, { maxMs, calls }] = slowest;
  return `${method}, ${Math.round(maxMs)} ms of ${calls} ${calls === 1 ? "call" : "calls"}`;
}
