import type { Page } from "@reeve/contract";
import type { Clock, Logger } from "@reeve/runtime";
import type { CapabilityReport, Measurement } from "@reeve/runtime/capability";
import type { Host, PlaceRequest } from "./contract.ts";
import { Decisions, type Placed } from "./decisions.ts";
import type { Explanation } from "./explanation.ts";
import { fits } from "./filtering.ts";
import { FirstReports } from "./first-reports.ts";
import type { Hindrance } from "./hindrance.ts";
import { type HostQuery, listHosts } from "./host-listing.ts";
import type { HostState } from "./host-state.ts";
import { HostStates } from "./host-states.ts";
import { IgnoredReports } from "./ignored-reports.ts";
import type { ReservationLedger } from "./ledger.ts";
import { PendingPlacements } from "./pending-placements.ts";
import { PlacementLog } from "./placement-log.ts";
import { placementRequest } from "./placement-request.ts";
import { ReservationIndex } from "./reservation-index.ts";
import type { CompiledSchedulerOptions } from "./scheduler-options.ts";
import { Turns } from "./turns.ts";

/** A host silent for this many times the age at which its capabilities expire is forgotten. */
const forgetAfterAges = 10;
/** Hosts that are waited for fall silent, and others get room, without news: to look at each host for each report costs too much. */
const lookAgainMs = 5_000;
/** Between two questions to all supervisors: each is answered with everything they have. */
const askGapMs = 5_000;
/** How many hosts an answer names. */
const namedHosts = 20;
/** What of a caller's time is left for the answer, at most. */
const answerMs = 1_000;

export interface PlacerPorts {
  /** What reports are dated by. */
  readonly clock: Clock;
  readonly ledger: Pick<ReservationLedger, "exclusively" | "changedSince" | "hasPurgeable">;
  /** Asks every supervisor for its report. */
  readonly ask: () => void;
  readonly log: Pick<Logger, "warn">;
}

/** Until when a placement waits for what. */
interface Bounds {
  readonly resetUntil: number;
  readonly reportsUntil: number;
  /** When its caller must be answered. */
  readonly answerBy: number;
}

/** One scheduler's mind: what it knows of hosts and promises, and how it decides. */
export class Placer {
  readonly #options: CompiledSchedulerOptions;
  readonly #clock: Clock;
  readonly #ledger: PlacerPorts["ledger"];
  readonly #reserved: ReservationIndex;
  readonly #turns: Turns;
  readonly #decisions: Decisions;
  readonly #states: HostStates;
  readonly #pending: PendingPlacements;
  readonly #firstReports: FirstReports;
  readonly #placements: PlacementLog;

  readonly #ask: () => void;
  #askedAt = Number.NEGATIVE_INFINITY;

  readonly #ignored: IgnoredReports;

  constructor(options: CompiledSchedulerOptions, { clock, ledger, ask, log }: PlacerPorts) {
    this.#ignored = new IgnoredReports(log);
    this.#options = options;
    this.#clock = clock;
    this.#ledger = ledger;
    this.#reserved = new ReservationIndex((...changed) => this.#states.recalculate(...changed));
    this.#states = new HostStates({
      capacityOf: options.capacityOf,
      reservationsOf: (manager, address) => this.#reserved.of(manager, address),
      forgetAfterMs: forgetAfterAges * options.maxAgeMs,
      downAfterMs: options.downAfterMs,
      maxAgeMs: options.maxAgeMs,
      onIgnored: (report, why) => this.#ignored.add(report, why),
      onGone: (manager) => this.#firstReports.forget(manager),
    });
    this.#turns = new Turns({ clock, ledger, index: this.#reserved });
    this.#decisions = new Decisions({ options, clock, index: this.#reserved, states: this.#states });
    const { maxWaiting, gatherMs } = options;
    this.#pending = new PendingPlacements({ clock, maxWaiting, retryAfterMs: gatherMs });
    this.#firstReports = new FirstReports({
      clock,
      pending: this.#pending,
      gatherMs,
      ask: () => this.#requestReports(),
    });
    this.#ask = ask;
    this.#placements = new PlacementLog(options.explained);
  }

  receive(report: CapabilityReport): void {
    const { manager, address } = report;
    const before = this.#states.find(manager, address);
    const [status, fresh] = [before?.status, before && this.#isFresh(before)];
    const now = this.#clock.now();
    this.#states.receive(report, now);
    const after = this.#states.find(manager, address);
    if (after) this.#firstReports.reported(manager);
    if (after?.status !== status || !fresh) this.#pending.notify(manager, (after ?? before)?.home ?? address);
  }

  /**
   * Waits for the first report, then decides and reserves in one turn. When nothing but a reset or a want of news keeps a host
   * from being chosen, it decides again when that has changed, and answers in time for a caller that waits until `deadlineAt`.
   *
   * @throws the signal's reason; ReeveError `MAILBOX_FULL`
   */
  async place(given: PlaceRequest, signal: AbortSignal, deadlineAt = Number.POSITIVE_INFINITY): Promise<Placed> {
    const { manager } = given;
    const bounds = this.#bounds(deadlineAt);
    const deadlines = { knownUntil: bounds.reportsUntil, unknownUntil: bounds.answerBy };
    for (;;) {
      const heard = await this.#firstReports.heardOf(manager, signal, deadlines);
      if (!heard) return { kind: "no news", considered: 0, hosts: [] };
      const placed = await this.#attempt(given, signal);
      if (placed.kind !== "no host") return placed;
      const { considered } = placed.choice;
      const { resetting, unheard } = placed.hindrance;
      if (considered > 0 && this.#clock.now() >= waitUntil(placed.hindrance, bounds)) {
        if (unheard.length === 0) return placed;
        return { kind: "no news", considered, hosts: unheard.slice(0, namedHosts) };
      }
      if (unheard.length > 0) this.#requestReports();
      const awaited = new Set([...resetting, ...unheard.map(({ address }) => address)]);
      await this.#hinderedNoMore(given, awaited, bounds, signal);
    }
  }

  #bounds(deadlineAt: number): Bounds {
    const now = this.#clock.now();
    const answerBy = deadlineAt - Math.min(answerMs, (deadlineAt - now) / 4);
    const until = (ms: number) => Math.min(now + ms, answerBy);
    const { resetTimeoutMs, reportTimeoutMs } = this.#options;
    return { resetUntil: until(resetTimeoutMs), reportsUntil: until(reportTimeoutMs), answerBy };
  }

  /** What has changed since it was decided ends the wait before it begins. */
  #hinderedNoMore(given: PlaceRequest, awaited: ReadonlySet<string>, bounds: Bounds, signal: AbortSignal) {
    const { manager } = given;
    let until = Number.POSITIVE_INFINITY;
    const isOver = (address?: string) => {
      if (this.#fits(given, address)) return true;
      // To look at every host for each report of any costs too much.
      if (address !== undefined && !awaited.has(address)) return false;
      until = waitUntil(this.#hindrance(given), bounds);
      return this.#clock.now() >= until;
    };
    const nextLookMs = () => Math.min(lookAgainMs, until - this.#clock.now());
    return this.#pending.until({ manager, isOver, nextLookMs, signal });
  }

  /** By its own last report: signs of life come without one. */
  #isFresh({ status, measuredAt, reportedAt }: HostState): boolean {
    const now = this.#clock.now();
    const { maxAgeMs, downAfterMs } = this.#options;
    return status === "ready" && now - measuredAt <= maxAgeMs && now - reportedAt <= downAfterMs;
  }

  #requestReports(): void {
    const now = this.#clock.now();
    if (now - this.#askedAt < askGapMs) return;
    this.#askedAt = now;
    this.#ask();
  }

  async #attempt(given: PlaceRequest, signal: AbortSignal): Promise<Placed> {
    const { placed, choice, decidedAt } = await this.#turns.decide((draft) => {
      // A caller that has left by the time its turn comes must not leave a reservation.
      signal.throwIfAborted();
      return this.#decisions.place(given, draft);
    });
    if (choice) this.#placements.add(given.manager, given.request, choice, decidedAt);
    return placed;
  }

  /** False when there is no such reservation. */
  confirm(request: string, visibleFrom: Measurement): Promise<boolean> {
    return this.#turns.decide((draft) => this.#decisions.confirm(request, visibleFrom, draft));
  }

  /** False when there is no such reservation. */
  release(request: string): Promise<boolean> {
    return this.#turns.decide((draft) => draft.remove(request));
  }

  hosts(query: HostQuery): Page<Host> {
    return listHosts(this.#states, query, this.#options, this.#clock.now());
  }

  explain(request: string): Explanation | undefined {
    return this.#placements.find(request, this.#clock.now());
  }

  /** What the inspector shows. */
  inspect(): unknown {
    return {
      hosts: this.#states.size,
      reservations: this.#reserved.size,
      waiting: this.#pending.size,
      ignoredReports: this.#ignored.count,
      placements: this.#placements.latest(20, this.#clock.now()),
    };
  }

  /** The latest and their reasons, newest first. */
  placements(): readonly Explanation[] {
    return this.#placements.latest(100, this.#clock.now());
  }

  /** Learns what other schedulers wrote, and removes what has stood long enough. */
  async sweep(): Promise<void> {
    this.#states.sweep(this.#clock.now());
    // What was renewed or confirmed meanwhile is seen in the turn, and stays.
    if ((await this.#isBehind()) || this.#decisions.over().length > 0)
      await this.#turns.decide((draft) => this.#decisions.end(draft));
    const wallNow = this.#clock.wallNow();
    if (await this.#ledger.hasPurgeable(wallNow)) await this.#ledger.exclusively((turn) => turn.purge(wallNow));
  }

  /** What is read beside the turns may be taken back with a server that loses its power: it only says that there is something to learn in one. */
  async #isBehind(): Promise<boolean> {
    const { whole, revision, reservations, removals } = await this.#ledger.changedSince(this.#reserved.revision);
    return whole ? revision > this.#reserved.revision : reservations.length + removals.length > 0;
  }

  #fits(given: PlaceRequest, address: string | undefined): boolean {
    const request = placementRequest(given, this.#clock.now());
    return fits(this.#states.of(given.manager, request.now), request, this.#options.filters, address);
  }

  #hindrance(given: PlaceRequest): Hindrance {
    return this.#decisions.hindrance(given, this.#clock.now());
  }
}

/** In the past when nothing hinders. */
function waitUntil({ resetting, unheard }: Hindrance, { resetUntil, reportsUntil }: Bounds): number {
  const never = Number.NEGATIVE_INFINITY;
  return Math.max(resetting.length > 0 ? resetUntil : never, unheard.length > 0 ? reportsUntil : never);
}
