import { type CapabilityReport, compareMeasurements } from "@reeve/runtime";
import type { Capacity, CapacityReader } from "./capacity.ts";
import type { Reservation } from "./reservation.ts";

/** A host as filters and weighers of your own see it. */
export type CandidateHost = Omit<HostState, "receive" | "count" | "shows">;

/** What a scheduler believes of one manager instance: its last report, less what was promised since. */
export class HostState {
  readonly manager: string;
  readonly address: string;
  #report: CapabilityReport;
  #capacity: Capacity;
  #reserved: ReadonlyMap<string, number> = new Map();
  #standing = 0;
  /** When its last report came; signs of life of its supervisor come without one. */
  #reportedAt: number;

  constructor(report: CapabilityReport, read: CapacityReader) {
    this.manager = report.manager;
    this.address = report.address;
    this.#report = report;
    this.#reportedAt = report.source.heardAt;
    this.#capacity = read(report.capabilities);
  }

  get cluster(): string | undefined {
    return this.#report.cluster;
  }

  get epoch(): number {
    return this.#report.epoch;
  }

  get status(): CapabilityReport["status"] {
    return this.#report.status;
  }

  get capabilities(): CapabilityReport["capabilities"] {
    return this.#report.capabilities;
  }

  /** When its capabilities were measured, on the scheduler's own clock. */
  get measuredAt(): number {
    return this.#report.measuredAt;
  }

  /** When its supervisor was last heard of, on the scheduler's own clock. */
  get heardAt(): number {
    return this.#report.source.heardAt;
  }

  /** When its last report came, on the scheduler's own clock. Signs of life of its supervisor come without one. */
  get reportedAt(): number {
    return this.#reportedAt;
  }

  /** Its supervisor. */
  get source(): CapabilityReport["source"] {
    return this.#report.source;
  }

  /** How many things it holds, reservations included. */
  get allocated(): number {
    return this.#capacity.allocated + this.#standing;
  }

  get resources(): Capacity["resources"] {
    return this.#capacity.resources;
  }

  /** What reservations hold that the report does not show. */
  reserved(resource: string): number {
    return this.#reserved.get(resource) ?? 0;
  }

  /** What can still be placed here; nothing of a resource it does not report. */
  free(resource: string): number {
    const known = this.#capacity.resources.get(resource);
    if (known === undefined) return 0;
    return known.available - (this.#reserved.get(resource) ?? 0);
  }

  /** Takes a newer report; false when it is older than what is known. */
  receive(report: CapabilityReport, read: CapacityReader): boolean {
    if (compareMeasurements(report, this.#report) < 0) return false;
    if (report.capabilities !== this.#report.capabilities) this.#capacity = read(report.capabilities);
    this.#report = report;
    this.#reportedAt = report.source.heardAt;
    return true;
  }

  /** Whether its report already shows what was placed under this reservation: it says so itself, or was confirmed to. */
  shows({ request, visibleFrom }: Reservation): boolean {
    if (this.#capacity.shows?.has(request)) return true;
    return visibleFrom !== undefined && compareMeasurements(this.#report, visibleFrom) >= 0;
  }

  /** Takes off what is promised here and not shown yet. */
  count(reservations: Iterable<Reservation>): void {
    const reserved = new Map<string, number>();
    this.#standing = 0;
    for (const reservation of reservations) {
      if (this.shows(reservation)) continue;
      this.#standing += 1;
      for (const [name, amount] of Object.entries(reservation.needs)) {
        reserved.set(name, (reserved.get(name) ?? 0) + amount);
      }
    }
    this.#reserved = reserved;
  }
}
