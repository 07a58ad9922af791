import type { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { boundedValue, type InspectionPanel, type PanelTable } from "../../inspection/index.ts";
import { LastAnswer } from "../../inspection/last-answer.ts";
import { askPanel } from "../../inspection/panel.ts";
import type { Incarnation } from "../../manager/incarnation.ts";
import type { AdministeredManager } from "./administered-manager.ts";
import type { CallsInFlight } from "./calls-in-flight.ts";
import type { Cordon, DriverInfo, ManagerDescription, ManagerSummary } from "./schemas.ts";

const mostCalls = 50;
const ownLimits = { depth: 6, nodes: 500, text: 2_000 };

type Work = NonNullable<ManagerDescription["work"]>;

/** A manager as `list` shows it. Runs nothing of the user's. */
export function summaryOf(
  manager: AdministeredManager,
  cluster: string | undefined,
  cordon: Cordon | undefined,
): ManagerSummary {
  const { name, address, version, status, incarnation } = manager;
  const { inFlight = 0, queued = 0 } = incarnation?.service.mailbox ?? {};
  const { calls = 0, errors = 0 } = incarnation?.service.counters ?? {};
  const { failure } = status;
  return {
    ...{ name, manager: manager.manager, address, version },
    cluster: cluster ?? null,
    state: status.state,
    phase: status.phase ?? null,
    causes: status.causes.map(({ reason, message }) => ({ reason, message })),
    failure: failure === undefined ? null : failure instanceof Error ? failure.message : String(failure),
    epoch: incarnation?.epoch ?? 0,
    ...{ inFlight, queued, calls, errors },
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
    const { incarnation } = manager;
    const [own, panels] = await Promise.all([
      incarnation?.inspectNow(),
      Promise.all((incarnation?.panels ?? []).map((panel) => this.#panel(panel))),
    ]);
    return {
      ...summary,
      own: own === undefined ? null : boundedValue(own, ownLimits),
      panels,
      periodic: periodicOf(incarnation),
      driver: driverOf(incarnation),
      work: workOf(incarnation),
      inFlightCalls: this.#calls.of([manager]).slice(0, mostCalls),
    };
  }

  async #panel(panel: InspectionPanel): Promise<ManagerDescription["panels"][number]> {
    let reading = this.#readings.get(panel);
    if (!reading) {
      reading = new LastAnswer(this.#clock);
      this.#readings.set(panel, reading);
    }
    const { columns, rows } = await askPanel(panel, reading);
    return { id: panel.id, title: panel.title, columns: [...columns], rows: [...rows] };
  }
}

function periodicOf(incarnation: Incarnation | undefined): ManagerDescription["periodic"] {
  const report = Object.entries(incarnation?.periodic?.report() ?? {});
  return Object.fromEntries(
    report.map(([task, { runs, errors, skipped, lastMs = null, runningMs = null, nextInMs = null }]) => [
      task,
      { runs, errors, skipped, lastMs, runningMs, nextInMs },
    ]),
  );
}

function driverOf(incarnation: Incarnation | undefined): z.output<typeof DriverInfo> | null {
  const driver = incarnation?.resources?.driver;
  if (!driver) return null;
  const { methods, running, waiting, hung, losses } = driver.counters();
  const { healthy, cause } = driver;
  return {
    ...{ healthy, cause: cause?.message ?? null, waitedFor: [...driver.waitedFor()] },
    ...{ running, waiting, hung, losses, methods: { ...methods } },
  };
}

function workOf(incarnation: Incarnation | undefined): Work | null {
  const journal = incarnation?.resources?.journal;
  return journal ? { running: journal.inFlight, held: journal.held().map((held) => ({ ...held })) } : null;
}
