import type { ShownMessage } from "../state/message-ring.ts";

export interface Lanes {
  readonly names: readonly string[];
  /** The lane of a name; of one that has none of its own, the last. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly others: number | undefined;
}

/** Where calls come from that no manager made. */
export const outside = "outside";
const mostLanes = 10;
/** Lanes are chosen from the newest messages, so that they follow what happens. */
const considered = 600;

/** The managers that talk to each other, the busiest where there are too many, in a steady order. */
export function lanesOf(messages: readonly ShownMessage[]): Lanes {
  const counts = new Map<string, number>();
  for (const { fromName = outside, toName, gap, count } of messages.slice(-considered)) {
    if (gap !== undefined) continue;
    counts.set(fromName, (counts.get(fromName) ?? 0) + count);
    counts.set(toName, (counts.get(toName) ?? 0) + count);
  }
  const callers = counts.delete(outside) ? [outside] : [];
  const busiest = [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const own = busiest.slice(0, mostLanes).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const hidden = busiest.length - own.length;
  const names = [...callers, ...own, ...(hidden > 0 ? [`${hidden} others`] : [])];
  return {
    names,
    indexOf: new Map(names.map((name, index) => [name, index])),
    others: hidden > 0 ? names.length - 1 : undefined,
  };
}
