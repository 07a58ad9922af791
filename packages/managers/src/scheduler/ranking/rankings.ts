import type { Choice } from "../choice.ts";
import type { HostLimits } from "../filters.ts";
import type { HostTable } from "../host-table.ts";
import { type PlacementRequest, placementRequest } from "../placement-request.ts";
import { Liveness } from "./liveness.ts";
import { type ChoiceLimits, RankedChoice } from "./ranked-choice.ts";
import { type RankingPlan, RequestClass } from "./request-class.ts";

/** Rows of all classes of a table together: each costs some 50 bytes. */
const mostRows = 4_000_000;
const mostClasses = 256;
/** Classes that were asked once and have no ranking. */
const mostSeen = 1_024;
/** A request that excludes more is rare, and looking at every host costs no more then. */
const mostExcluded = 64;

interface Kept {
  readonly of: RequestClass;
  /** How many choices were made before its last one. */
  usedAt: number;
}

/** The rankings of one table's hosts, one for each class of requests that comes again. */
export class Rankings {
  readonly #table: HostTable;
  readonly #plan: RankingPlan;
  readonly #liveness: Liveness;
  /** The one that was used last, last. */
  readonly #classes = new Map<string, Kept>();
  readonly #seen = new Set<string>();
  #choices = 0;

  constructor(table: HostTable, plan: RankingPlan, limits: HostLimits) {
    this.#table = table;
    this.#plan = plan;
    this.#liveness = new Liveness(table, limits);
  }

  /** Undefined where looking at every host is what is left: it is a class of its own, or a filter or weigher fails somewhere. */
  choose(request: PlacementRequest, limits: ChoiceLimits): Choice | undefined {
    this.#choices += 1;
    const table = this.#table;
    if (request.excluded.size > mostExcluded) return undefined;
    for (const resource of request.needs.keys()) if (!table.free(resource)) return undefined;
    const key = classKey(request);
    const kept = this.#classOf(key, request);
    if (!kept) return undefined;
    this.#liveness.refresh(request.now);
    try {
      kept.refresh();
    } catch {
      // Whether it fails for a host that would be weighed at all is found by looking at every host.
      this.#classes.delete(key);
      return undefined;
    }
    return new RankedChoice(table, kept, this.#plan, request, limits).make();
  }

  #classOf(key: string, request: PlacementRequest): RequestClass | undefined {
    const kept = this.#classes.get(key);
    if (kept) {
      kept.usedAt = this.#choices;
      this.#classes.delete(key);
      this.#classes.set(key, kept);
      return kept.of;
    }
    if (!this.#seen.delete(key)) {
      this.#seen.add(key);
      const [oldest] = this.#seen;
      if (this.#seen.size > mostSeen && oldest !== undefined) this.#seen.delete(oldest);
      return undefined;
    }
    return this.#admit(key, request);
  }

  /** Takes the place of the one that was used longest ago, unless all of them are used again and again. */
  #admit(key: string, request: PlacementRequest): RequestClass | undefined {
    const room = Math.max(1, Math.min(mostClasses, Math.floor(mostRows / Math.max(1, this.#table.size))));
    const [oldest] = this.#classes;
    if (oldest && this.#classes.size >= room) {
      if (this.#choices - oldest[1].usedAt < 4 * room) return undefined;
      this.#classes.delete(oldest[0]);
    }
    const of = new RequestClass(this.#table, this.#liveness, this.#plan, classRequest(request));
    this.#classes.set(key, { of, usedAt: this.#choices });
    return of;
  }
}

/** Requests of one class differ in their names, in what they exclude, and in how much of one thing they need. */
function classKey({ needs, labels, requires, availabilityZone }: PlacementRequest): string {
  const room = needs.size > 1 ? [...needs] : [...needs.keys()];
  return JSON.stringify([room, labels, requires, availabilityZone]);
}

/** What filters and weighers of a class are told. */
function classRequest({ manager, needs, labels, requires, availabilityZone, now }: PlacementRequest): PlacementRequest {
  const blank = placementRequest({ manager, request: "", needs: {}, labels: {}, requires: {}, exclude: [] }, now);
  return { ...blank, needs, labels, requires, availabilityZone };
}
