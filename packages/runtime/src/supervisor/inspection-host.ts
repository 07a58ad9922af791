import type { CapabilityReport, CapabilityReports } from "../capability/index.ts";
import type { InspectableHost, InspectionBus, InspectionPanel } from "../inspection/index.ts";
import type { Child } from "./child.ts";
import { isAtRest } from "./child-state.ts";
import { driverPanel } from "./driver-panel.ts";
import { type LinkPanelOptions, linkPanel } from "./link-panel.ts";
import { versionPanel } from "./version-panel.ts";

/** As the scheduler's `downAfter` is by default: three missed messages. */
const lostAfterMs = 30_000;

interface InspectionHostOptions extends LinkPanelOptions {
  readonly cluster: string | undefined;
  readonly bus: InspectionBus;
  readonly reports: CapabilityReports;
  /** The lowest minor version of a contract among those that can be called, here and elsewhere. */
  lowestMinor(contract: string, major: number): number | undefined;
  children(): readonly Child[];
}

/** What an inspector sees of a supervisor. */
export function inspectionHost(options: InspectionHostOptions): InspectableHost {
  const { host, cluster, clock, bus, reports, children } = options;
  const living = () => children().filter(({ state }) => !isAtRest(state));
  const own = [
    capabilityPanel(reports),
    linkPanel(options),
    driverPanel(host, living),
    versionPanel({ ...options, served: () => living().map(({ spec }) => spec.definition.contract) }),
  ];
  return {
    host,
    cluster,
    startedAt: clock.wallNow(),
    bus,
    get panels() {
      return [...own, ...living().flatMap(({ life }) => life?.panels ?? [])];
    },
  };
}

/** What the managers of this host say can be placed on them. */
function capabilityPanel(reports: CapabilityReports): InspectionPanel {
  const latest = new Map<string, CapabilityReport>();
  let listening = false;
  return {
    id: "capabilities",
    title: "Capabilities",
    empty: "No manager has said what can be placed on it.",
    read() {
      // From the first look on: a host that nobody inspects listens to nothing.
      if (!listening) {
        listening = true;
        reports.subscribe((report) => latest.set(`${report.manager}/${report.address}`, report));
        reports.request();
      }
      const now = reports.clock.now();
      return {
        columns: [
          { id: "manager", label: "Manager", kind: "manager" },
          { id: "status", label: "Status", kind: "state" },
          { id: "age", label: "Measured, s ago", kind: "number" },
        ],
        rows: [...latest].map(([id, report]) => ({
          id,
          cells: {
            manager: id,
            status: statusOf(report, now),
            age: Math.max(0, Math.round((now - report.measuredAt) / 1_000)),
          },
          detail: report.capabilities as Readonly<Record<string, unknown>>,
        })),
      };
    },
  };
}

/** What it said last, or `lost` when its supervisor has been silent since; of whoever has stopped nothing more is heard. */
function statusOf({ status, source }: CapabilityReport, now: number): CapabilityReport["status"] | "lost" {
  return status !== "stopped" && now - source.heardAt > lostAfterMs ? "lost" : status;
}
