import type { Clock } from "../base/clock.ts";
import type { Fields } from "./message.ts";
import type { ReportedStatus } from "./status.ts";

/** One incarnation of one supervisor, as heard from here. */
export interface ReportSource {
  readonly id: string;
  readonly host: string;
  /** When its last message came, on the receiver's own clock. It moves with every message. */
  readonly heardAt: number;
}

/** What one manager last said of itself. Frozen, but for its source. */
export interface CapabilityReport {
  readonly manager: string;
  readonly address: string;
  readonly cluster: string | undefined;
  readonly epoch: number;
  /** Identifies the incarnation, for equality only. Undefined in what older runtimes report. */
  readonly incarnation?: string | undefined;
  /** Identifies the store that the epoch was counted in: epochs of different stores are not compared. Undefined as above. */
  readonly store?: string | undefined;
  /** `stopped` is the last report of an incarnation. */
  readonly status: ReportedStatus;
  readonly capabilities: Fields;
  /** Counts the measurements of this epoch. */
  readonly count: number;
  /** When the capabilities were measured, on the receiver's own clock. */
  readonly measuredAt: number;
  readonly source: ReportSource;
}

export type ReportListener = (report: CapabilityReport) => void;

/** What every manager that a supervisor can hear says can be placed on it. */
export interface CapabilityReports {
  /** What `measuredAt` and `heardAt` are read from. */
  readonly clock: Clock;
  /**
   * Tells what is known, before it returns, and then every report as it comes: per incarnation in order, never an older
   * one after a newer. A listener that throws is logged and harms nobody. Returns how to stop listening.
   */
  subscribe(listener: ReportListener): () => void;
  /** Asks every supervisor for everything it has; answers come as reports. While the link is down, once it is back. */
  request(): void;
}
