import { type CapabilityReport, ofOneStore } from "@reeve/runtime/capability";

/** How a report of an address relates to the report in effect there. */
export type Standing =
  /** Of the same store, and of this incarnation or a later one. */
  | "newer"
  /** Of another store that takes the place. */
  | "successor"
  /** Of an incarnation that was superseded, replaced or has stopped. */
  | "superseded"
  /** Of another store, while the one in effect still lives. */
  | "contender";

interface Gone {
  /** By store: the highest epoch that has stopped. */
  readonly stopped: Map<string, { readonly epoch: number; readonly at: number }>;
  /** By incarnation: when one of another store took its place. */
  readonly replaced: Map<string, number>;
}

/** How many stores and incarnations are remembered of one address: reports come from others. */
const remembered = 16;

/** Addresses of which that is remembered; of further ones nothing is. */
const maxAddresses = 65_536;

/**
 * Who lives where. Reports of one store are ordered by epoch; epochs of different stores are never compared. Of two stores the
 * one in effect stays until it stops, falls silent, or the other one says `ready`: by the rules of membership a process
 * that does not hold its address says `degraded`. What was replaced is not believed again while its successor is heard and ready.
 */
export class Incumbency {
  readonly #downAfterMs: number;
  readonly #gone = new Map<string, Gone>();

  constructor({ downAfterMs }: { readonly downAfterMs: number }) {
    this.#downAfterMs = downAfterMs;
  }

  /** @param known the report in effect at this address; undefined without one */
  judge(key: string, report: CapabilityReport, known: CapabilityReport | undefined, now: number): Standing {
    const gone = this.#gone.get(key);
    const { epoch, status } = report;
    if ((gone?.stopped.get(storeOf(report))?.epoch ?? -1) >= epoch) return "superseded";
    if (!known) return "newer";
    if (ofOneStore(known, report)) return epoch < known.epoch ? "superseded" : "newer";
    const silent = now - known.source.heardAt > this.#downAfterMs;
    // A successor that is ready no longer may have lost the address to the one before it.
    const held = !silent && (known.status === "ready" || known.status === "cordoned");
    if (held && gone?.replaced.has(incarnationOf(report))) return "superseded";
    return silent || status === "ready" || status === "cordoned" || status === "stopped" ? "successor" : "contender";
  }

  stopped(key: string, report: CapabilityReport, now: number): void {
    const { stopped } = this.#at(key);
    stopped.delete(storeOf(report));
    stopped.set(storeOf(report), { epoch: report.epoch, at: now });
    bound(stopped);
  }

  replaced(key: string, { known, by }: { known: CapabilityReport; by: CapabilityReport }, now: number): void {
    const { replaced } = this.#at(key);
    replaced.delete(incarnationOf(by));
    replaced.delete(incarnationOf(known));
    replaced.set(incarnationOf(known), now);
    bound(replaced);
  }

  /** Forgets what went before a time. */
  sweep(before: number): void {
    for (const [key, { stopped, replaced }] of this.#gone) {
      for (const [store, { at }] of stopped) if (at < before) stopped.delete(store);
      for (const [incarnation, at] of replaced) if (at < before) replaced.delete(incarnation);
      if (stopped.size + replaced.size === 0) this.#gone.delete(key);
    }
  }

  #at(key: string): Gone {
    const known = this.#gone.get(key);
    if (known) return known;
    const gone = { stopped: new Map(), replaced: new Map() };
    if (this.#gone.size < maxAddresses) this.#gone.set(key, gone);
    return gone;
  }
}

function storeOf({ store = "" }: CapabilityReport): string {
  return store;
}

function incarnationOf({ incarnation, store, epoch }: CapabilityReport): string {
  return incarnation ?? `${store} ${epoch}`;
}

function bound(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > remembered && oldest !== undefined) map.delete(oldest);
}
