import type { Random } from "@reeve/runtime/transport";
import type { Ranked, Rejection } from "./explanation.ts";
import { filter } from "./filtering.ts";
import type { RowFilter } from "./filters.ts";
import type { HostState } from "./host-state.ts";
import type { HostTable } from "./host-table.ts";
import type { PlacementRequest } from "./placement-request.ts";
import type { RowWeigher } from "./weighers.ts";
import { type Column, weigh } from "./weighing.ts";

export interface Choosers {
  readonly filters: readonly RowFilter[];
  readonly weighers: readonly RowWeigher[];
  /** Draws among equals, so that schedulers that see the same do not all choose the same. */
  readonly random: Random;
}

/** What was chosen, and why. */
export interface Choice {
  readonly host: HostState | undefined;
  readonly considered: number;
  readonly rejections: readonly Rejection[];
  readonly candidates: number;
  readonly tied: number;
  readonly ranking: readonly Ranked[];
}

/** How many of the best an explanation ranks. */
export const rankedHosts = 5;
/** Scores closer than this differ by rounding only. */
export const rounding = 1e-9;

/**
 * Lets every host through the filters, weighs those that pass, and draws among the best.
 *
 * @throws TypeError naming the filter or weigher that threw, or that weighed something as no finite number
 */
export function choose(table: HostTable, request: PlacementRequest, choosers: Choosers): Choice {
  const { candidates, rejections } = filter(table, request, choosers.filters);
  const { scores, columns } = weigh(table, candidates, request, choosers.weighers);
  const { drawn, tied } = draw(scores, choosers.random);
  const hostAt = (index: number) => table.hosts[candidates[index]!]!;
  return {
    host: drawn < 0 ? undefined : hostAt(drawn),
    considered: table.size,
    rejections,
    candidates: candidates.length,
    tied,
    ranking: best(scores, drawn).map((index) => ranked(hostAt(index), index, scores, columns)),
  };
}

/** One of the best, each as likely as the others; -1 among none. */
function draw(scores: Float64Array, random: Random): { readonly drawn: number; readonly tied: number } {
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < scores.length; index++) if (scores[index]! > highest) highest = scores[index]!;
  let drawn = -1;
  let tied = 0;
  for (let index = 0; index < scores.length; index++) {
    if (scores[index]! < highest - rounding) continue;
    tied += 1;
    if (random() * tied < 1) drawn = index;
  }
  return { drawn, tied };
}

/** The highest few, the drawn one first. */
function best(scores: Float64Array, drawn: number): number[] {
  if (drawn < 0) return [];
  const others: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index]!;
    if (index === drawn) continue;
    if (others.length === rankedHosts - 1 && score <= scores[others.at(-1)!]!) continue;
    let at = others.length;
    while (at > 0 && scores[others[at - 1]!]! < score) at -= 1;
    others.splice(at, 0, index);
    if (others.length === rankedHosts) others.pop();
  }
  return [drawn, ...others];
}

function ranked(host: HostState, index: number, scores: Float64Array, columns: readonly Column[]): Ranked {
  const weights = columns.map(({ weigher, values, scale }) => {
    const value = values[index]!;
    return { weigher, value, score: scale(value) };
  });
  return { address: host.home, score: scores[index]!, weights };
}
