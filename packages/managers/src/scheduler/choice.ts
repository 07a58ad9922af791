import type { Random } from "@reeve/runtime";
import type { Ranked, Rejection } from "./explanation.ts";
import type { HostFilter } from "./filters.ts";
import type { HostState } from "./host-state.ts";
import type { PlacementRequest } from "./placement-request.ts";
import type { HostWeigher } from "./weighers.ts";
import { type Column, weigh } from "./weighing.ts";

export interface Choosers {
  readonly filters: readonly HostFilter[];
  readonly weighers: readonly HostWeigher[];
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

/** How many addresses an explanation names. */
const shownHosts = 5;
/** Scores closer than this differ by rounding only. */
const rounding = 1e-9;

/**
 * Lets every host through the filters, weighs those that pass, and draws among the best.
 *
 * @throws TypeError naming the filter or weigher that threw, or that weighed something as no finite number
 */
export function choose(hosts: readonly HostState[], request: PlacementRequest, choosers: Choosers): Choice {
  const { candidates, rejections } = filtered(hosts, request, choosers.filters);
  const { scores, columns } = weigh(candidates, request, choosers.weighers);
  const { drawn, tied } = draw(scores, choosers.random);
  return {
    host: candidates[drawn],
    considered: hosts.length,
    rejections,
    candidates: candidates.length,
    tied,
    ranking: best(scores, drawn).map((index) => ranked(candidates[index]!, index, scores, columns)),
  };
}

function filtered(
  hosts: readonly HostState[],
  request: PlacementRequest,
  filters: readonly HostFilter[],
): { candidates: HostState[]; rejections: Rejection[] } {
  const turnedAway = filters.map(({ name }) => ({ filter: name, hosts: 0, examples: [] as string[] }));
  const candidates: HostState[] = [];
  for (const host of hosts) {
    const index = firstRefusal(host, request, filters);
    const rejection = turnedAway[index];
    if (rejection === undefined) candidates.push(host);
    else {
      rejection.hosts += 1;
      if (rejection.examples.length < shownHosts) rejection.examples.push(host.address);
    }
  }
  return { candidates, rejections: turnedAway.filter((rejection) => rejection.hosts > 0) };
}

/** -1 when every filter accepts the host. */
function firstRefusal(host: HostState, request: PlacementRequest, filters: readonly HostFilter[]): number {
  let index = 0;
  try {
    for (; index < filters.length; index++) if (!filters[index]!.accepts(host, request)) return index;
    return -1;
  } catch (cause) {
    throw new TypeError(`filter ${filters[index]!.name} failed on ${host.manager} ${host.address}`, { cause });
  }
}

/** The filters that turn a host away whatever comes before them. */
export function refusals(host: HostState, request: PlacementRequest, filters: readonly HostFilter[]): string[] {
  return filters.filter((filter) => firstRefusal(host, request, [filter]) === 0).map(({ name }) => name);
}

/** One of the best, each as likely as the others. */
function draw(scores: Float64Array, random: Random): { drawn: number; tied: number } {
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > highest) highest = score;
  let drawn = -1;
  let tied = 0;
  for (const [index, score] of scores.entries()) {
    if (score < highest - rounding) continue;
    tied += 1;
    if (random() * tied < 1) drawn = index;
  }
  return { drawn, tied };
}

/** The highest few, the drawn one first. */
function best(scores: Float64Array, drawn: number): number[] {
  if (drawn < 0) return [];
  const others: number[] = [];
  for (const [index, score] of scores.entries()) {
    if (index === drawn) continue;
    if (others.length === shownHosts - 1 && score <= scores[others.at(-1)!]!) continue;
    let at = others.length;
    while (at > 0 && scores[others[at - 1]!]! < score) at -= 1;
    others.splice(at, 0, index);
    if (others.length === shownHosts) others.pop();
  }
  return [drawn, ...others];
}

function ranked(host: HostState, index: number, scores: Float64Array, columns: readonly Column[]): Ranked {
  return {
    address: host.address,
    score: scores[index]!,
    weights: columns.map(({ weigher, values, scale }) => ({
      weigher: weigher.name,
      value: values[index]!,
      score: scale(values[index]!),
    })),
  };
}
