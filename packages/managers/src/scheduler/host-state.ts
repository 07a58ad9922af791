import { type CapabilityReport, compareMeasurements, ofOneStore } from "@reeve/runtime/capability";
import type { Capacity, CapacityReader } from "./capacity.ts";
import type { Reservation } from "./reservation.ts";

/** A host as filters and weighers of your own see it. */
export type CandidateHost = Omit<HostState, "receive" | "succeed" | "count" | "add" | "shows">;

/** How many stores that a host was replaced without, and how many of its incarnations, are remembered. */
const former = 8;

/** What a scheduler believes of one manager instance: its last report, less what was promised since. */
export class HostState {
  readonly manager: string;
  readonly address: string;
  #report: CapabilityReport;
  #capacity: Capacity;
  readonly #reserved = new Map<string, number>();
  #standing = 0;
  /** When its last report came; signs of life of its supervisor come without one. */
  #reportedAt: number;

  /** Those whose disk was replaced, newest last. */
  #formerStores: readonly string[] = [];
  /** Its own before this one, newest last. */
  #formerIncarnations: readonly string[] = [];

  constructor(report: CapabilityReport, read: CapacityReader) {
    this.manager = report.manager;
    this.address = report.address;
    this.#report = report;
    this.#reportedAt = report.source.heardAt;
    this.#capacity = read(report.capabilities);
  }

  /** The address that its cluster shares; undefined where it is in none. */
  get cluster(): string | undefined {
    return this.#report.cluster;
  }

  /** The address that is placed on: its cluster's, or its own. */
  get home(): string {
    return this.#report.cluster ?? this.address;
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

  /** Its last report. */
  get report(): CapabilityReport {
    return this.#report;
  }

  /** Takes a newer report of the same store; false when it is older than what is known. */
  receive(report: CapabilityReport, read: CapacityReader): boolean {
    if (compareMeasurements(report, this.#report) < 0) return false;
    this.#take(report, read);
    return true;
  }

  /** Takes the report of another store: whoever lives here now knows nothing of what the one before held. */
  succeed(report: CapabilityReport, read: CapacityReader): void {
    const { store } = this.#report;
    const others = this.#formerStores.filter((one) => one !== store && one !== report.store);
    this.#formerStores = store === undefined ? others : [...others, store].slice(-former);
    this.#take(report, read);
  }

  /**
   * Whether its report already shows what was placed under this reservation: it says so itself, or was confirmed to. What was
   * confirmed by a store that has been replaced is shown as well: it has gone with that.
   */
  shows({ request, visibleFrom }: Reservation): boolean {
    if (this.#capacity.shows?.has(request)) return true;
    if (visibleFrom === undefined) return false;
    // Members of a cluster count epochs each for itself: another's measurement says nothing here, and the reservation stands longer.
    if (this.cluster !== undefined && visibleFrom.incarnation !== this.#report.incarnation) {
      return visibleFrom.incarnation !== undefined && this.#formerIncarnations.includes(visibleFrom.incarnation);
    }
    // One that is not known here yet may be that of a successor: until its report has come, what it confirmed counts.
    if (!ofOneStore(this.#report, visibleFrom)) return this.#formerStores.includes(visibleFrom.store!);
    return compareMeasurements(this.#report, visibleFrom) >= 0;
  }

  #take(report: CapabilityReport, read: CapacityReader): void {
    if (report.capabilities !== this.#report.capabilities) this.#capacity = read(report.capabilities);
    const { incarnation } = this.#report;
    if (incarnation !== undefined && incarnation !== report.incarnation) {
      this.#formerIncarnations = [...this.#formerIncarnations, incarnation].slice(-former);
    }
    this.#report = report;
    this.#reportedAt = report.source.heardAt;
  }

  /** Takes off what is promised here and not shown yet. */
  count(reservations: Iterable<Reservation>): void {
    this.#reserved.clear();
    this.#standing = 0;
    for (const reservation of reservations) this.add(reservation);
  }

  /** Takes off one more, as if all were counted again with it as the last. */
  add(reservation: Reservation): void {
    if (this.shows(reservation)) return;
    this.#standing += 1;
    for (const [name, amount] of Object.entries(reservation.needs)) {
      this.#reserved.set(name, (this.#reserved.get(name) ?? 0) + amount);
    }
  }
}
