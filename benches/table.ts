import type { Figure } from "./figure.ts";
import { verdictOn } from "./verdict.ts";

const head = ["figure", "ours", "peer", "ratio", "goal", "", "unit, peer"];

/** The figures for people, columns aligned. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { goal, met } = verdictOn(figure);
    const { id, ours, peer, ratio, unit, peerName } = figure;
    const verdict = met === undefined ? "" : met ? "met" : "MISSED";
    const against = peerName === null ? unit : `${unit}, ${peerName}`;
    return [id, shown(ours), shown(peer), ratio === null ? "" : ratio.toFixed(2), goal, verdict, against];
  });
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function shown(value: number | null): string {
  if (value === null) return "";
  return value >= 1_000 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
}
