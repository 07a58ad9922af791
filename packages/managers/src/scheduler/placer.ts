import type { Page } from "@reeve/contract";
import type { CapabilityReport, Clock, Measurement } from "@reeve/runtime";
import { type Choice, choose } from "./choice.ts";
import type { Host, PlaceRequest } from "./contract.ts";
import type { Explanation } from "./explanation.ts";
import { fits, resetHinders } from "./filtering.ts";
import { FirstReports } from "./first-reports.ts";
import { type HostQuery, listHosts } from "./host-listing.ts";
import { HostStates } from "./host-states.ts";
import type { LedgerTurn, ReservationLedger } from "./ledger.ts";
import { PlacementLog } from "./placement-log.ts";
import { placementRequest } from "./placement-request.ts";
import { later, type Reservation, sameNeeds } from "./reservation.ts";
import { ReservationBook } from "./reservation-book.ts";
import type { CompiledSchedulerOptions } from "./scheduler-options.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** A host silent for this many times the age at which its capabilities expire is forgotten. */
const forgetAfterAges = 10;
/**
 * A confirmed reservation stands this many ages: by then two more measurements were made, so that every scheduler's view of
 * the host shows what was placed or has expired, whatever the others have heard.
 */
const confirmedAges = 3;
/** Hosts that are waited for fall silent, and others get room, without news: to look at each host for each report costs too much. */
const lookAgainMs = 5_000;

export interface PlacerPorts {
  /** What reports are dated by. */
  readonly clock: Clock;
  readonly ledger: Pick<ReservationLedger, "exclusively" | "read">;
}

/** How a placement ended. */
export type Placed =
  | { readonly kind: "placed"; readonly address: string }
  | { readonly kind: "reused"; readonly address: string }
  | { readonly kind: "no host"; readonly choice: Choice; readonly resetHinders: boolean };

/** One scheduler's mind: what it knows of hosts and promises, and how it decides. */
export class Placer {
  readonly #options: CompiledSchedulerOptions;
  readonly #clock: Clock;
  readonly #ledger: PlacerPorts["ledger"];
  readonly #book: ReservationBook;
  readonly #states: HostStates;
  readonly #room: WaitingRoom;
  readonly #firstReports: FirstReports;
  readonly #placements: PlacementLog;

  constructor(options: CompiledSchedulerOptions, { clock, ledger }: PlacerPorts) {
    this.#options = options;
    this.#clock = clock;
    this.#ledger = ledger;
    this.#book = new ReservationBook((manager, address) => this.#states.recount(manager, address));
    this.#states = new HostStates({
      capacityOf: options.capacityOf,
      reservationsOf: (manager, address) => this.#book.of(manager, address),
      forgetAfterMs: forgetAfterAges * options.maxAgeMs,
    });
    const { maxWaiting, gatherMs } = options;
    this.#room = new WaitingRoom({ clock, maxWaiting, retryAfterMs: gatherMs });
    this.#firstReports = new FirstReports({ clock, room: this.#room, gatherMs });
    this.#placements = new PlacementLog(options.explained);
  }

  receive(report: CapabilityReport): void {
    const { manager, address } = report;
    const before = this.#states.find(manager, address)?.status;
    this.#states.receive(report, this.#clock.now());
    this.#firstReports.reported(manager);
    if (this.#states.find(manager, address)?.status !== before) this.#room.tell(manager, address);
  }

  /**
   * Waits for the first report, then decides and reserves in one turn. When nothing but a reset keeps a host from being
   * chosen, it decides again when that has changed. @throws the signal's reason; ReeveError `MAILBOX_FULL`
   */
  async place(given: PlaceRequest, signal: AbortSignal): Promise<Placed> {
    const { manager } = given;
    await this.#firstReports.heardOf(manager, signal);
    const until = this.#clock.now() + this.#options.resetPatienceMs;
    const isOver = (address?: string) =>
      this.#clock.now() >= until || this.#fits(given, address) || !this.#resetHinders(given);
    const nextLookMs = () => Math.min(lookAgainMs, until - this.#clock.now());
    for (;;) {
      const placed = await this.#attempt(given, signal);
      if (placed.kind !== "no host" || !placed.resetHinders || this.#clock.now() >= until) return placed;
      // What has changed since that was decided ends the wait before it begins.
      await this.#room.until({ manager, isOver, nextLookMs, signal });
    }
  }

  async #attempt(given: PlaceRequest, signal: AbortSignal): Promise<Placed> {
    const { placed, written } = await this.#ledger.exclusively(async (turn) => {
      // Who has gone by the time its turn comes must not leave a promise behind.
      signal.throwIfAborted();
      return this.#decide(given, turn);
    });
    if (written) this.#book.apply([written], this.#clock.now());
    return placed;
  }

  /** False when there is no such reservation. */
  async confirm(request: string, visibleFrom: Measurement): Promise<boolean> {
    const confirmed = await this.#ledger.exclusively(async (turn) => {
      const reservation = await turn.find(request);
      return reservation && turn.put({ ...reservation, visibleFrom: later(reservation.visibleFrom, visibleFrom) });
    });
    // What was written before it may not be in the book yet.
    if (confirmed) this.#book.learn(confirmed, this.#clock.now());
    return confirmed !== undefined;
  }

  /** False when there is no such reservation. */
  async release(request: string): Promise<boolean> {
    const held = await this.#ledger.exclusively((turn) => turn.remove(request));
    this.#book.remove(request);
    return held;
  }

  hosts(query: HostQuery): Page<Host> {
    return listHosts(this.#states, query, this.#options.filters, this.#clock.now());
  }

  explain(request: string): Explanation | undefined {
    return this.#placements.find(request, this.#clock.now());
  }

  /** What the inspector shows. */
  inspect(): unknown {
    return {
      hosts: this.#states.size,
      reservations: this.#book.size,
      waiting: this.#room.size,
      placements: this.#placements.latest(20, this.#clock.now()),
    };
  }

  /** The latest and their reasons, newest first. */
  placements(): readonly Explanation[] {
    return this.#placements.latest(100, this.#clock.now());
  }

  /** Learns what other schedulers removed, and removes what has stood long enough. */
  async sweep(): Promise<void> {
    this.#states.sweep(this.#clock.now());
    const page = await this.#ledger.read();
    const now = this.#clock.now();
    this.#book.replace(page, now);
    const over = [...this.#book.entries()].filter(
      ({ reservation, since }) => now - since > this.#standsMs(reservation),
    );
    if (over.length === 0) return;
    await this.#ledger.exclusively(async (turn) => {
      // What was renewed or confirmed meanwhile has another revision and stays.
      for (const { reservation } of over) await turn.remove(reservation.request, reservation.revision);
    });
    this.#book.replace(await this.#ledger.read(), this.#clock.now());
  }

  async #decide(
    given: PlaceRequest,
    turn: LedgerTurn,
  ): Promise<{ readonly placed: Placed; readonly written?: Reservation }> {
    const { manager, request, needs, holdMs = this.#options.holdMs } = given;
    this.#book.apply(await turn.changedSince(this.#book.revision), this.#clock.now());
    // The book knows every request of the ledger by now, and some that are gone.
    const earlier = this.#book.find(request) && (await turn.find(request));
    if (earlier && (earlier.manager !== manager || !sameNeeds(earlier.needs, needs))) {
      return { placed: { kind: "reused", address: earlier.address } };
    }
    if (earlier && !given.exclude.includes(earlier.address)) {
      const placed = { kind: "placed", address: earlier.address } as const;
      return earlier.visibleFrom ? { placed } : { placed, written: await turn.put({ ...earlier, holdMs }) };
    }
    const { choice, resetHinders } = await this.#choose(given, turn);
    this.#placements.add(manager, request, choice, this.#clock.now());
    const address = choice.host?.address;
    if (address === undefined) {
      // What was tried there has failed: the promise goes, whatever comes of the request.
      if (earlier) await turn.remove(request);
      return { placed: { kind: "no host", choice, resetHinders } };
    }
    const written = await turn.put({ request, manager, address, needs, holdMs, visibleFrom: undefined });
    return { placed: { kind: "placed", address }, written };
  }

  async #choose(given: PlaceRequest, turn: LedgerTurn) {
    let choice = this.#choice(given);
    if (!choice.host && turn.removals !== this.#book.removals) {
      // Others have given back what the book still holds.
      this.#book.replace(await turn.all(), this.#clock.now());
      choice = this.#choice(given);
    }
    return { choice, resetHinders: !choice.host && this.#resetHinders(given) };
  }

  #choice(given: PlaceRequest): Choice {
    return choose(this.#states.of(given.manager), placementRequest(given, this.#clock.now()), this.#options);
  }

  #fits(given: PlaceRequest, address: string | undefined): boolean {
    const request = placementRequest(given, this.#clock.now());
    return fits(this.#states.of(given.manager), request, this.#options.filters, address);
  }

  #resetHinders(given: PlaceRequest): boolean {
    const request = placementRequest(given, this.#clock.now());
    return resetHinders(this.#states.of(given.manager), request, this.#options.filters);
  }

  #standsMs({ visibleFrom, holdMs }: Reservation): number {
    return visibleFrom ? confirmedAges * this.#options.maxAgeMs : holdMs;
  }
}
