import type { InspectionPanel, PanelRow, PanelTable } from "@reeve/runtime/inspection";
import type { Explanation } from "./explanation.ts";
import { lacks } from "./lacks.ts";

/** The latest placements and the reasons for each, as the inspector shows them. */
export function placementPanel(latest: () => readonly Explanation[]): InspectionPanel {
  return {
    id: "placements",
    title: "Placements",
    empty: "Nothing was placed yet.",
    read: () => ({
      columns: [
        { id: "request", label: "Request" },
        { id: "chosen", label: "Placed on", kind: "manager" },
        { id: "why", label: "Why", kind: "reason" },
        { id: "age", label: "Seconds ago", kind: "number" },
      ],
      rows: latest().map(rowOf),
    }),
  };
}

function rowOf(placement: Explanation): PanelRow {
  const { request, manager, address, decidedMsAgo } = placement;
  return {
    id: request,
    cells: {
      request,
      chosen: address === null ? null : `${manager}/${address}`,
      why: reasonOf(placement),
      age: Math.round(decidedMsAgo / 1_000),
    },
    detail: detailOf(placement),
  };
}

function reasonOf({ address, considered, candidates, tied, rejections }: Explanation): string {
  const turnedAway = rejections
    .map(({ filter, hosts }) => {
      const lacking = lacks[filter];
      return lacking ? `${hosts} ${lacking}` : `the filter "${filter}" turned away ${hosts}`;
    })
    .join(", ");
  if (address === null) return considered === 0 ? "no host was known" : `none of ${considered} fitted: ${turnedAway}`;
  const drawn = tied > 1 ? `drawn from ${tied} equal ones` : "the best";
  return [`${drawn} of ${candidates} that fitted, ${considered} known`, turnedAway].filter(Boolean).join("; ");
}

/** The best candidates with what each weigher gave them, then those that a filter turned away. */
function detailOf({ address, ranking, rejections }: Explanation): PanelTable {
  const ranked = ranking.map((one) => ({
    id: one.address,
    cells: {
      host: one.address,
      verdict: one.address === address ? "chosen" : "candidate",
      score: Math.round(one.score * 1_000) / 1_000,
      why: one.weights.map(({ weigher, value, score }) => `${weigher} ${round(value)} → ${round(score)}`).join(", "),
    },
  }));
  const rejected = rejections.flatMap(({ filter, hosts, examples }) =>
    examples.map((host) => ({
      id: `${filter} ${host}`,
      cells: {
        host,
        verdict: "rejected",
        score: null,
        why: `${lacks[filter] ?? `by the filter "${filter}"`}${hosts > 1 ? `, as ${hosts} in all` : ""}`,
      },
    })),
  );
  return {
    columns: [
      { id: "host", label: "Host" },
      { id: "verdict", label: "Verdict", kind: "state" },
      { id: "score", label: "Score", kind: "number" },
      { id: "why", label: "Weighed by, or turned away by", kind: "reason" },
    ],
    rows: [...ranked, ...rejected],
  };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
