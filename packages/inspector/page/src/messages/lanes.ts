import type { ShownMessage } from "../state/message-ring.ts";

export interface Lanes {
  /** Of every manager that sends or gets a message. */
  readonly names: readonly string[];
  readonly indexOf: ReadonlyMap<string, number>;
}

/** Where calls come from that no manager made. */
export const outside = "outside";
const mostBusy = 10;
/** Which are the busiest is taken from the newest messages, so that they follow what happens. */
const considered = 600;

const byName = new Intl.Collator("en", { numeric: true });

/** The managers that talk to each other: the busiest first, where a person looks without scrolling, and each part in a steady order. */
export function lanesOf(messages: readonly ShownMessage[], before?: Lanes): Lanes {
  const counts = new Map<string, number>();
  for (const [index, { fromName = outside, toName, gap, count }] of messages.entries()) {
    if (gap !== undefined) continue;
    const weight = messages.length - index <= considered ? count : 0;
    counts.set(fromName, (counts.get(fromName) ?? 0) + weight);
    counts.set(toName, (counts.get(toName) ?? 0) + weight);
  }
  const callers = counts.delete(outside) ? [outside] : [];
  const busy = new Set(
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, mostBusy)
      .map(([name]) => name),
  );
  const others = counts.size > busy.size ? [...counts.keys()].filter((name) => !busy.has(name)) : [];
  const names = [...callers, ...[...busy].sort(byName.compare), ...others.sort(byName.compare)];
  // Rows whose lanes are what they were are not drawn anew.
  if (before && before.names.length === names.length && names.every((name, index) => before.names[index] === name))
    return before;
  return { names, indexOf: new Map(names.map((name, index) => [name, index])) };
}
