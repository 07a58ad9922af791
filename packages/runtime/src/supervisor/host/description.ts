import type { Clock } from "../../base/clock.ts";
import { boundedValue, type InspectionPanel, type PanelTable } from "../../inspection/index.ts";
import { LastAnswer } from "../../inspection/last-answer.ts";
import { askPanel } from "../../inspection/read-panel.ts";
import type { LifeDetails } from "../../manager/life-details.ts";
import type { HeldWork } from "../../recovery/index.ts";
import type { AdministeredManager } from "./administered-manager.ts";
import type { CallsInFlight } from "./calls-in-flight.ts";
import type { Cordon, ManagerDescription, ManagerSummary } from "./schemas.ts";
import { shortText } from "./short-text.ts";

const mostCalls = 50;
const mostHeld = 50;
const ownLimits = { depth: 6, nodes: 500, text: 500 };
/** Of all panels together, written as JSON: what has no room says so. */
const largestPanelsBytes = 400_000;

/** A manager as `list` shows it. Runs nothing of the user's. */
export function summaryOf(manager: AdministeredManager, cordon: Cordon | undefined): ManagerSummary {
  const { spec, key, address, status, state, life } = manager;
  const { name, version } = spec.definition.contract;
  const { inFlight = 0, queued = 0 } = life?.load ?? {};
  const waiting = queued + manager.postponed().length;
  const { calls = 0, errors = 0 } = life?.counters ?? {};
  const { failure } = status;
  return {
    ...{ name: key, manager: name, address, version },
    cluster: spec.cluster ?? null,
    state: status.state,
    phase: status.phase ?? null,
    supervision: state,
    causes: status.causes.map(({ reason, message }) => ({ reason, message: shortText(message) })),
    failure: failure === undefined ? null : shortText(failure instanceof Error ? failure.message : String(failure)),
    epoch: life?.epoch ?? 0,
    ...{ inFlight, queued: waiting, calls, errors },
    cordon: cordon ?? null,
  };
}

/** Makes what `describe` shows. What the manager's own code hangs at says so after 2 s, and is never asked twice at a time. */
export class Describer {
  readonly #clock: Clock;
  readonly #calls: CallsInFlight;
  readonly #readings = new WeakMap<InspectionPanel, LastAnswer<PanelTable>>();

  constructor(clock: Clock, calls: CallsInFlight) {
    this.#clock = clock;
    this.#calls = calls;
  }

  async describe(manager: AdministeredManager, summary: ManagerSummary): Promise<ManagerDescription> {
    const [details, panels] = await Promise.all([
      manager.life?.details(),
      Promise.all((manager.life?.panels ?? []).map((panel) => this.#panel(panel))),
    ]);
    const { own, work } = details ?? {};
    return {
      ...summary,
      own: own === undefined ? null : boundedValue(own, ownLimits),
      panels: fitting(panels),
      periodic: periodicOf(details),
      driver: driverOf(details),
      work: work ? { running: work.running, held: work.held.slice(0, mostHeld).map(heldOf) } : null,
      inFlightCalls: this.#calls.of([manager]).slice(0, mostCalls),
    };
  }

  async #panel(panel: InspectionPanel): Promise<ManagerDescription["panels"][number]> {
    let reading = this.#readings.get(panel);
    if (!reading) {
      reading = new LastAnswer(this.#clock);
      this.#readings.set(panel, reading);
    }
    const { columns, rows, totals } = await askPanel(panel, reading);
    const { id, title } = panel;
    return { id, title, columns: [...columns], rows: [...rows], ...(totals && { totals: [...totals] }) };
  }
}

/** Messages have a largest size: one panel that has no room keeps the others from nothing. */
function fitting(panels: ManagerDescription["panels"]): ManagerDescription["panels"] {
  let left = largestPanelsBytes;
  return panels.map((panel) => {
    const bytes = Buffer.byteLength(JSON.stringify(panel));
    if (bytes > left) return { ...panel, columns: [{ id: "error", label: "This table is too large" }], rows: [] };
    left -= bytes;
    return panel;
  });
}

function heldOf({ resource, ...held }: HeldWork): HeldWork {
  return { resource: shortText(resource), ...held };
}

function periodicOf(details: LifeDetails | undefined): ManagerDescription["periodic"] {
  return Object.fromEntries(
    Object.entries(details?.periodic ?? {}).map(
      ([task, { runs, errors, skipped, lastMs = null, runningMs = null, nextInMs = null }]) => [
        task,
        { runs, errors, skipped, lastMs, runningMs, nextInMs },
      ],
    ),
  );
}

function driverOf(details: LifeDetails | undefined): ManagerDescription["driver"] {
  if (!details?.driver) return null;
  const { name, version = null, state, since, healthy, cause = null, waitedFor, counters } = details.driver;
  const { methods, running, waiting, hung, losses } = counters;
  return {
    ...{ name, version, state, since },
    ...{ healthy, cause: cause && shortText(cause), waitedFor: waitedFor.slice(0, mostCalls) },
    ...{ running, waiting, hung, losses, methods: { ...methods } },
  };
}
