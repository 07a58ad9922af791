import type { Counter, Counters, Labels } from "./counters.ts";

/** One count and what it counts. */
export interface Count {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface MemoryCounters extends Counters {
  /** 0 for what was never counted. */
  value(name: string, labels?: Labels): number;
  snapshot(): readonly Count[];
}

/** Labels made from outside input must not fill the memory; what comes past this is counted together. */
const maxSeries = 4096;
const overflow = "counters.overflow";

/** Counts kept in this process. */
export function memoryCounters(): MemoryCounters {
  const series = new Map<string, { name: string; labels: Labels; value: number }>();

  function find(name: string, labels: Labels): { value: number } {
    const key = keyOf(name, labels);
    const known = series.get(key);
    if (known) return known;
    if (series.size >= maxSeries && name !== overflow) return find(overflow, {});
    const fresh = { name, labels, value: 0 };
    series.set(key, fresh);
    return fresh;
  }

  return {
    counter(name, labels = {}): Counter {
      const count = find(name, labels);
      return {
        add(by = 1) {
          count.value += by;
        },
      };
    },
    value: (name, labels = {}) => series.get(keyOf(name, labels))?.value ?? 0,
    snapshot: () => [...series.values()].map((count) => ({ ...count })),
  };
}

function keyOf(name: string, labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return name;
  return JSON.stringify([name, entries.sort(([a], [b]) => (a < b ? -1 : 1))]);
}
