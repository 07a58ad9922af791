import { compareMeasurements, type Measurement, ofOneStore } from "@reeve/runtime/capability";

/** A promise to one request, kept where every scheduler sees it. */
export interface Reservation {
  readonly request: string;
  readonly manager: string;
  readonly address: string;
  readonly needs: Readonly<Record<string, number>>;
  /** How long it was asked to stand, unless confirmed. */
  readonly holdMs: number;
  /** When it ends, in milliseconds since 1970; undefined in what an older scheduler wrote. */
  readonly heldUntil: number | undefined;
  /** The first measurement of the host that shows what was placed; undefined until confirmed. */
  readonly visibleFrom: Measurement | undefined;
  /** The ledger's, when this was written last. */
  readonly revision: number;
}

/** Identifies a manager instance among all. */
export function hostKey(manager: string, address: string): string {
  return `${manager} ${address}`;
}

/** Whether a request asks for what it asked for before. */
export function sameNeeds(a: Reservation["needs"], b: Reservation["needs"]): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** The one of two measurements that is certain to come after what either vouches for; of different stores, the one told last. */
export function later(a: Measurement | undefined, b: Measurement): Measurement {
  return a && ofOneStore(a, b) && compareMeasurements(a, b) > 0 ? a : b;
}
