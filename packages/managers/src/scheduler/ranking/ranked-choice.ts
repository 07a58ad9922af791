import type { Choice } from "../choice.ts";
import type { Ranked, Rejection } from "../explanation.ts";
import type { HostTable } from "../host-table.ts";
import type { PlacementRequest } from "../placement-request.ts";
import { isLive } from "./liveness.ts";
import type { RankingPlan, RequestClass } from "./request-class.ts";
import { Search } from "./search.ts";
import type { SortedRows } from "./sorted-rows.ts";

/** How a choice is to be made, whichever way it is. */
export interface ChoiceLimits {
  /** How many of the best an explanation ranks. */
  readonly ranked: number;
  /** How many hosts a rejection names. */
  readonly named: number;
  /** Scores closer than this differ by rounding only. */
  readonly rounding: number;
  readonly random: () => number;
}

/** One decision of a class that is up to date: the same candidates, scores, ties and counts as looking at every host gives. */
export class RankedChoice {
  readonly #table: HostTable;
  readonly #class: RequestClass;
  readonly #plan: RankingPlan;
  readonly #limits: ChoiceLimits;
  readonly #least: number;
  readonly #amount: number;
  /** Rows that the request excludes and time has not turned away, by where they are. */
  readonly #excluded: ReadonlyMap<number, ReadonlySet<number>>;

  constructor(table: HostTable, of: RequestClass, plan: RankingPlan, request: PlacementRequest, limits: ChoiceLimits) {
    this.#table = table;
    this.#class = of;
    this.#plan = plan;
    this.#limits = limits;
    const { needs, excluded } = request;
    // Several needs are counted in how often they fit, no need in nothing.
    const [amount] = needs.size === 1 ? needs.values() : [1];
    this.#amount = amount!;
    this.#least = needs.size === 0 ? Number.NEGATIVE_INFINITY : amount!;
    this.#excluded = this.#excludedRows(excluded);
  }

  make(): Choice {
    const { fitting, numbers } = this.#class;
    const place = this.#class.stages + fitting.length - 1;
    const { ranked, rounding, random } = this.#limits;
    const search = new Search(fitting.at(-1)!, numbers, {
      least: this.#least,
      amount: this.#amount,
      multipliers: this.#plan.weighers.map(({ multiplier }) => multiplier),
      without: this.#without(place),
      ranked,
      rounding,
    });
    const { tied, candidates, best } = search;
    const drawn = search.tiedAt(Math.floor(random() * tied));
    const rows = drawn === undefined ? [] : [drawn, ...best.rows.filter((row) => row !== drawn)].slice(0, ranked);
    return {
      host: drawn === undefined ? undefined : this.#table.hosts[drawn],
      considered: this.#table.size,
      rejections: this.#rejections(),
      candidates,
      tied,
      ranking: rows.map((row) => this.#rankedRow(search, row)),
    };
  }

  #rankedRow(search: Search, row: number): Ranked {
    const weights = this.#plan.weighers.map(({ name }, n) => ({
      weigher: name,
      value: search.weight(n, row),
      score: search.share(n, row),
    }));
    return { address: this.#table.hosts[row]!.home, score: search.score(row), weights };
  }

  /** In the order of the filters; each host counts for the first that turns it away. */
  #rejections(): Rejection[] {
    const { live, attempted, before, capacity, after } = this.#plan;
    const { turnedAway, fitting, stages } = this.#class;
    const stage = (filter: string, place: number): Rejection => {
      const without = this.#without(place);
      const rows = turnedAway.of(place);
      return { filter, hosts: rows.length - without.size, examples: this.#examples(rows, without) };
    };
    const all = [
      ...live.map((filter, index) => stage(filter, index)),
      this.#attempted(attempted),
      ...before.map(({ name }, index) => stage(name, isLive + index)),
      this.#capacity(capacity),
      ...after.map(({ name }, index) => this.#fittingAway(name, fitting[index]!, stages + index)),
    ];
    return all.filter(({ hosts }) => hosts > 0);
  }

  #attempted(filter: string): Rejection {
    const rows = [...this.#excluded.values()].flatMap((set) => [...set]).sort((a, b) => a - b);
    return { filter, hosts: rows.length, examples: this.#examples(rows, new Set()) };
  }

  /** What has no room for it, whatever comes after. */
  #capacity(filter: string): Rejection {
    const examples: string[] = [];
    let hosts = 0;
    for (const [index, rows] of this.#class.fitting.entries()) {
      const without = this.#without(this.#class.stages + index);
      const numbers = this.#class.numbers[0]!;
      for (const row of without) if (numbers[row]! < this.#least) hosts -= 1;
      const end = rows.firstFrom(this.#least);
      for (const block of rows.blocks.slice(0, end)) hosts += block.size;
      const last = rows.blocks[end];
      const below = last ? rows.below(last, this.#least) : 0;
      hosts += below;
      for (const [at, block] of rows.blocks.slice(0, end + 1).entries()) {
        if (examples.length === this.#limits.named) break;
        const some = Array.from(block.rows.subarray(0, at === end ? below : block.size));
        examples.push(...this.#examples(some, without, this.#limits.named - examples.length));
      }
    }
    return { filter, hosts, examples };
  }

  #fittingAway(filter: string, rows: SortedRows, place: number): Rejection {
    const without = this.#without(place);
    const begin = rows.firstFrom(this.#least);
    const examples: string[] = [];
    let hosts = 0;
    for (const [at, block] of rows.blocks.slice(begin).entries()) {
      const from = at === 0 ? rows.below(block, this.#least) : 0;
      hosts += block.size - from;
      if (examples.length === this.#limits.named) continue;
      const some = Array.from(block.rows.subarray(from, block.size));
      examples.push(...this.#examples(some, without, this.#limits.named - examples.length));
    }
    for (const row of without) if (this.#class.numbers[0]![row]! >= this.#least) hosts -= 1;
    return { filter, hosts, examples };
  }

  #examples(rows: readonly number[], without: ReadonlySet<number>, most = this.#limits.named): string[] {
    const examples: string[] = [];
    for (const row of rows) {
      if (examples.length === most) break;
      if (!without.has(row)) examples.push(this.#table.hosts[row]!.home);
    }
    return examples;
  }

  #without(place: number): ReadonlySet<number> {
    return this.#excluded.get(place) ?? none;
  }

  #excludedRows(excluded: ReadonlySet<string>): Map<number, Set<number>> {
    const rows = new Map<number, Set<number>>();
    for (const address of excluded) {
      const row = this.#table.rowOf(address);
      const place = row === undefined ? undefined : this.#class.placeOf(row);
      // What time has turned away does not reach the filter that excludes.
      if (row === undefined || place === undefined || place < isLive) continue;
      rows.set(place, (rows.get(place) ?? new Set()).add(row));
    }
    return rows;
  }
}

const none: ReadonlySet<number> = new Set();
