import type { ReportedStatus } from "./status.ts";

export const messageType = "reeve.capabilities.v1";

export type Fields = Readonly<Record<string, unknown>>;

/** One manager's news. Status, epoch and measurement always hold by themselves; the fields may be a difference to what was told before. */
export interface CapabilityEntry {
  readonly manager: string;
  readonly address: string;
  readonly cluster?: string | undefined;
  readonly epoch: number;
  /** Identifies the incarnation, for equality only. Absent in what older runtimes send. */
  readonly incarnation?: string | undefined;
  /** Identifies the store that the epoch was counted in: epochs of different stores are not compared. Absent as above. */
  readonly store?: string | undefined;
  readonly status: ReportedStatus;
  /** Counts the measurements of this epoch. */
  readonly count: number;
  /** How old the measurement was when this was sent, in milliseconds: no clock is compared with another. */
  readonly ageMs: number;
  /** `set` holds every field, not only those that changed. Always so when a field is no longer there. */
  readonly full?: true | undefined;
  readonly set: Fields;
}

/** Identifies a manager instance. */
export function entryKey(manager: string, address: string): string {
  return `${manager} ${address}`;
}
