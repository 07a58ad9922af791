import type { Clock } from "../base/clock.ts";
import type { InspectionPanel, PanelTable } from "../inspection/index.ts";
import { LastAnswer } from "../inspection/last-answer.ts";
import type { Count } from "../telemetry/index.ts";
import type { Transport } from "../transport/transport.ts";
import type { LinkView } from "./link-condition.ts";
import type { LoopLateness } from "./loop-lateness.ts";

export interface LinkPanelOptions {
  readonly host: string;
  readonly clock: Clock;
  readonly transport: Pick<Transport, "flush">;
  /** Whether the host has nobody to reach. */
  readonly alone: boolean;
  readonly conditions: { readonly link: LinkView; readonly lateness: Pick<LoopLateness, "lastMs" | "worstMs"> };
  counts(): readonly Count[];
}

/** A round trip that takes longer, or a loop that is this late, is felt by every caller. */
const slowMs = 500;
const unwell = -1;

const columns: PanelTable["columns"] = [
  { id: "host", label: "Host" },
  { id: "link", label: "Link", kind: "state" },
  { id: "since", label: "For", kind: "age" },
  { id: "why", label: "Why", kind: "reason" },
  { id: "reconnects", label: "Reconnects", kind: "number" },
  { id: "roundTrip", label: "Round trip, ms", kind: "number" },
  { id: "loop", label: "Loop late, ms", kind: "number" },
  { id: "worst", label: "Worst of a minute, ms", kind: "number" },
  { id: "ignored", label: "News ignored", kind: "number" },
];

/**
 * How each host is linked to the others, and whether its event loop turns. The round trip is the last one to the broker, measured
 * behind what the host has to send while somebody looks; a broker that does not answer holds up nothing else that is told.
 */
export function linkPanel({ host, clock, transport, alone, conditions, counts }: LinkPanelOptions): InspectionPanel {
  const trips = new LastAnswer<number>(clock);
  return {
    id: "links",
    title: "Links",
    read() {
      const { link, lateness } = conditions;
      const trip = alone ? "waiting" : trips.look(() => roundTrip(clock, transport));
      const roundTripMs = trip !== "waiting" && "value" in trip ? trip.value : null;
      const unanswered = trip !== "waiting" && "error" in trip;
      const slow = unanswered || (roundTripMs ?? 0) > slowMs || lateness.worstMs > slowMs;
      const cells = {
        ...{ host, since: link.since, why: link.cause?.message ?? null, reconnects: link.reconnects },
        ...{ roundTrip: roundTripMs, loop: Math.round(lateness.lastMs), worst: Math.round(lateness.worstMs) },
        ...{ ignored: ignored(counts()), link: alone ? "alone" : link.up ? "connected" : "lost" },
      };
      return { columns, rows: [{ id: host, ...((slow || !link.up) && { rank: unwell }), cells }] };
    },
  };
}

/** In milliseconds. */
async function roundTrip(clock: Clock, transport: Pick<Transport, "flush">): Promise<number> {
  const begun = clock.now();
  await transport.flush();
  return Math.round((clock.now() - begun) * 10) / 10;
}

/** Of messages that other processes told: malformed, stale, foreign or too many. */
function ignored(counts: readonly Count[]): number {
  return counts.reduce((sum, { name, value }) => (name.endsWith(".ignored") ? sum + value : sum), 0);
}
