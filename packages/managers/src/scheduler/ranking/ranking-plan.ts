import type { RowFilter } from "../filters.ts";
import type { RowWeigher } from "../weighers.ts";
import type { RankingPlan } from "./request-class.ts";

/**
 * Puts filters and weighers in order by what they depend on. Undefined where one may depend on anything: every host is
 * asked by each placement then.
 */
export function rankingPlan(filters: readonly RowFilter[], weighers: readonly RowWeigher[]): RankingPlan | undefined {
  const of = (kind: RowFilter["dependsOn"]) => filters.filter(({ dependsOn }) => dependsOn === kind);
  if (of("anything").length > 0 || weighers.some(({ dependsOn }) => dependsOn === "anything")) return undefined;
  const [attempted] = of("exclusions");
  const [capacity] = of("needs");
  if (!attempted || !capacity || weighers[0]?.dependsOn !== "needs") return undefined;
  const at = filters.indexOf(capacity);
  return {
    live: of("time").map(({ name }) => name),
    attempted: attempted.name,
    before: of("host").filter((filter) => filters.indexOf(filter) < at),
    capacity: capacity.name,
    after: of("host").filter((filter) => filters.indexOf(filter) > at),
    weighers,
  };
}
