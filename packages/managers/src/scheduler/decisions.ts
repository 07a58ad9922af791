import type { Clock } from "@reeve/runtime";
import type { Measurement } from "@reeve/runtime/capability";
import { type Choice, choose, rankedHosts, rounding } from "./choice.ts";
import type { PlaceRequest } from "./contract.ts";
import type { Unheard } from "./explanation.ts";
import { namedHosts } from "./filtering.ts";
import { type Hindrance, hindrance } from "./hindrance.ts";
import type { HostStates } from "./host-states.ts";
import type { HostTable } from "./host-table.ts";
import { placementRequest } from "./placement-request.ts";
import type { ChoiceLimits } from "./ranking/ranked-choice.ts";
import { rankingPlan } from "./ranking/ranking-plan.ts";
import { Rankings } from "./ranking/rankings.ts";
import type { RankingPlan } from "./ranking/request-class.ts";
import { later, type Reservation, sameNeeds } from "./reservation.ts";
import type { ReservationIndex } from "./reservation-index.ts";
import type { CompiledSchedulerOptions } from "./scheduler-options.ts";
import type { Draft } from "./turns.ts";

/**
 * A confirmed reservation stands this many ages: by then two more measurements were made, so that every scheduler's view of
 * the host shows what was placed or has expired, whatever the others have heard.
 */
const confirmedAges = 3;

/** How a placement ended. */
export type Placed =
  | { readonly kind: "placed"; readonly address: string }
  | { readonly kind: "reused"; readonly address: string }
  | { readonly kind: "no news"; readonly considered: number; readonly hosts: readonly Unheard[] }
  | { readonly kind: "no host"; readonly choice: Choice; readonly hindrance: Hindrance };

export interface Decided {
  readonly placed: Placed;
  /** Undefined where nothing was chosen anew. */
  readonly choice?: Choice;
  readonly decidedAt: number;
}

export interface DecisionsOptions {
  readonly options: CompiledSchedulerOptions;
  readonly clock: Pick<Clock, "now" | "wallNow">;
  readonly index: ReservationIndex;
  readonly states: HostStates;
}

/** What is decided in a turn of the ledger, by what this scheduler knows of hosts and reservations. */
export class Decisions {
  readonly #options: CompiledSchedulerOptions;
  readonly #clock: DecisionsOptions["clock"];
  readonly #index: ReservationIndex;
  readonly #states: HostStates;
  readonly #plan: RankingPlan | undefined;
  readonly #limits: ChoiceLimits;
  readonly #rankings = new WeakMap<HostTable, Rankings>();

  constructor({ options, clock, index, states }: DecisionsOptions) {
    this.#options = options;
    this.#clock = clock;
    this.#index = index;
    this.#states = states;
    this.#plan = rankingPlan(options.filters, options.weighers);
    this.#limits = { ranked: rankedHosts, named: namedHosts, rounding, random: options.random };
  }

  place(given: PlaceRequest, draft: Draft): Decided {
    const { manager, request, needs, holdMs = this.#options.holdMs } = given;
    const decidedAt = draft.now;
    const earlier = this.#index.find(request);
    if (earlier && (earlier.manager !== manager || !sameNeeds(earlier.needs, needs))) {
      return { placed: { kind: "reused", address: earlier.address }, decidedAt };
    }
    if (earlier && !given.exclude.includes(earlier.address)) {
      if (!earlier.visibleFrom) draft.put(this.#held({ ...earlier, holdMs }));
      return { placed: { kind: "placed", address: earlier.address }, decidedAt };
    }
    const choice = this.#choose(given, draft.now);
    const address = choice.host?.home;
    if (address !== undefined) {
      draft.put(this.#held({ request, manager, address, needs, holdMs, visibleFrom: undefined }));
      return { placed: { kind: "placed", address }, choice, decidedAt };
    }
    // What was tried there has failed: the promise goes, whatever comes of the request.
    if (earlier) draft.remove(request);
    const hindered = this.hindrance(given, draft.now);
    return { placed: { kind: "no host", choice, hindrance: hindered }, choice, decidedAt };
  }

  /** False when there is no such reservation. */
  confirm(request: string, visibleFrom: Measurement, draft: Draft): boolean {
    const reservation = this.#index.find(request);
    if (!reservation) return false;
    draft.put(this.#held({ ...reservation, visibleFrom: later(reservation.visibleFrom, visibleFrom) }));
    return true;
  }

  /** What has stood long enough, by what this scheduler knows. */
  over(): readonly Reservation[] {
    const now = this.#clock.now();
    const wallNow = this.#clock.wallNow();
    return [...this.#index.entries()]
      .filter(
        ({ reservation, since }) =>
          now - since > this.#standsMs(reservation) || (reservation.heldUntil ?? wallNow) < wallNow,
      )
      .map(({ reservation }) => reservation);
  }

  /** Removes what has stood long enough. */
  end(draft: Draft): void {
    for (const { request } of this.over()) draft.remove(request);
  }

  hindrance(given: PlaceRequest, now: number): Hindrance {
    return hindrance(this.#states.of(given.manager, now), placementRequest(given, now), this.#options);
  }

  #choose(given: PlaceRequest, now: number): Choice {
    const table = this.#states.of(given.manager, now);
    const request = placementRequest(given, now);
    return this.#rankingsOf(table)?.choose(request, this.#limits) ?? choose(table, request, this.#options);
  }

  #rankingsOf(table: HostTable): Rankings | undefined {
    if (!this.#plan) return undefined;
    const known = this.#rankings.get(table);
    if (known) return known;
    const rankings = new Rankings(table, this.#plan, this.#options);
    this.#rankings.set(table, rankings);
    return rankings;
  }

  /** With its end, counted from now. */
  #held<R extends Pick<Reservation, "visibleFrom" | "holdMs">>(reservation: R): R & { readonly heldUntil: number } {
    return { ...reservation, heldUntil: this.#clock.wallNow() + this.#standsMs(reservation) };
  }

  #standsMs({ visibleFrom, holdMs }: Pick<Reservation, "visibleFrom" | "holdMs">): number {
    return visibleFrom ? confirmedAges * this.#options.maxAgeMs : holdMs;
  }
}
