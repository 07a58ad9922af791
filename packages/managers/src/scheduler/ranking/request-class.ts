import type { RowFilter } from "../filters.ts";
import type { HostTable } from "../host-table.ts";
import type { PlacementRequest } from "../placement-request.ts";
import type { RowWeigher } from "../weighers.ts";
import { isLive, type Liveness } from "./liveness.ts";
import { type RowNumbers, SortedRows } from "./sorted-rows.ts";
import { StageLists } from "./stage-lists.ts";

/** What is asked of every host, put in order by what it depends on. */
export interface RankingPlan {
  /** The names of `up`, `ready` and `measured`. */
  readonly live: readonly string[];
  readonly attempted: string;
  /** What hosts are asked for apart from room, before `capacity`. */
  readonly before: readonly RowFilter[];
  readonly capacity: string;
  /** The same, after `capacity`. */
  readonly after: readonly RowFilter[];
  /** The first weighs by how much of what is needed fits; the others say the same of a host whatever is needed. */
  readonly weighers: readonly RowWeigher[];
}

type Prepared = readonly ((row: number) => boolean)[];

const absent = 255;

/**
 * Every host of a table as one class of requests sees it: those that ask the same, but for how much they need. A host that has
 * changed is judged again when the class is asked next; the others stay as they were judged.
 */
export class RequestClass {
  readonly #table: HostTable;
  readonly #liveness: Liveness;
  readonly #plan: RankingPlan;
  readonly #asked: PlacementRequest;
  /** By stage: what time, or a filter before `capacity`, has turned away. */
  readonly turnedAway: StageLists;
  /** In the order of room: for each filter after `capacity` what it turns away, and at last what passes. */
  readonly fitting: readonly SortedRows[];
  /** By number, by row: the room, then what each weigher but the first says. */
  numbers: RowNumbers;

  /** By row: a stage, or the number of stages and which of `fitting`. */
  #places = new Uint8Array(0);
  #before: Prepared = [];
  #after: Prepared = [];
  #room: (row: number) => number = () => 0;
  #weights: readonly ((row: number) => number)[] = [];
  #preparedFor = -1;
  #position = -1;

  constructor(table: HostTable, liveness: Liveness, plan: RankingPlan, asked: PlacementRequest) {
    this.#table = table;
    this.#liveness = liveness;
    this.#plan = plan;
    this.#asked = asked;
    this.turnedAway = new StageLists(this.stages);
    this.numbers = plan.weighers.map(() => new Float64Array(0));
    this.fitting = [...plan.after, undefined].map(() => new SortedRows(this.numbers));
  }

  /** How many filters come before `capacity`, those of time included. */
  get stages(): number {
    return isLive + this.#plan.before.length;
  }

  /** Where a row is: a stage, or the number of stages and which of `fitting`; undefined where no host is. */
  placeOf(row: number): number | undefined {
    const place = this.#places[row];
    return place === absent ? undefined : place;
  }

  /**
   * Brings it to the present. One that throws is of no use any more.
   *
   * @throws what a filter or weigher throws; RangeError where a weight is not finite
   */
  refresh(): void {
    const { changes, layout } = this.#table;
    if (layout !== this.#preparedFor) this.#prepare();
    if (this.#position < 0 || !changes.reaches(this.#position)) this.#rebuild();
    else changes.since(this.#position, (row) => this.#judge(row));
    this.#position = changes.position;
  }

  #prepare(): void {
    const table = this.#table;
    const { before, after, weighers } = this.#plan;
    const prepared = (filter: RowFilter) => filter.prepare(table, this.#asked) ?? (() => true);
    this.#before = before.map(prepared);
    this.#after = after.map(prepared);
    this.#room = roomOf(table, this.#asked);
    this.#weights = weighers.slice(1).map((weigher) => weigher.prepare(table, this.#asked));
    this.#preparedFor = table.layout;
    if (this.#places.length < table.ready.length) this.#grow(table.ready.length);
  }

  #grow(rows: number): void {
    const places = new Uint8Array(rows).fill(absent);
    places.set(this.#places);
    this.#places = places;
    this.numbers = this.numbers.map((numbers) => {
      const larger = new Float64Array(rows);
      larger.set(numbers);
      return larger;
    });
    this.turnedAway.grow(rows);
    for (const sorted of this.fitting) sorted.moveTo(this.numbers);
  }

  #rebuild(): void {
    const { size } = this.#table;
    const fitting: number[][] = this.fitting.map(() => []);
    this.turnedAway.clear(this.#places.length);
    this.#places.fill(absent);
    for (let row = 0; row < size; row++) {
      const place = this.#placeFor(row);
      this.#places[row] = place;
      if (place < this.stages) this.turnedAway.add(place, row);
      else {
        this.#measure(row);
        fitting[place - this.stages]!.push(row);
      }
    }
    for (const [index, rows] of fitting.entries()) this.fitting[index]!.build(rows, this.numbers);
  }

  #judge(row: number): void {
    const before = this.#places[row]!;
    const place = row < this.#table.size ? this.#placeFor(row) : absent;
    if (place === before && (place < this.stages || place === absent || this.#isMeasured(row))) return;
    if (before < this.stages) this.turnedAway.remove(before, row);
    else if (before !== absent) this.fitting[before - this.stages]!.remove(row);
    this.#places[row] = place;
    if (place === absent) return;
    if (place < this.stages) this.turnedAway.add(place, row);
    else {
      this.#measure(row);
      this.fitting[place - this.stages]!.add(row);
    }
  }

  #placeFor(row: number): number {
    const state = this.#liveness.of(row);
    if (state !== isLive) return state;
    for (const [index, accepts] of this.#before.entries()) if (!accepts(row)) return isLive + index;
    for (const [index, accepts] of this.#after.entries()) if (!accepts(row)) return this.stages + index;
    return this.stages + this.#after.length;
  }

  /** Whether its numbers are what they were. */
  #isMeasured(row: number): boolean {
    if (this.numbers[0]![row] !== this.#room(row)) return false;
    return this.#weights.every((weight, index) => this.numbers[index + 1]![row] === weight(row));
  }

  #measure(row: number): void {
    this.numbers[0]![row] = this.#room(row);
    for (const [index, weight] of this.#weights.entries()) {
      const value = weight(row);
      if (!Number.isFinite(value)) throw new RangeError(`expected a finite weight, got ${String(value)}`);
      this.numbers[index + 1]![row] = value;
    }
  }
}

/** How much of what is needed is free at a row; of several needs, how often they fit: then their amounts are the class's. */
function roomOf(table: HostTable, { needs }: PlacementRequest): (row: number) => number {
  const columns = [...needs].map(([resource, amount]) => ({ free: table.free(resource), amount }));
  const [first, ...more] = columns;
  if (!first) return () => 0;
  // Where no host reports it, nothing fits; that it is reported later is another layout.
  if (columns.some(({ free }) => free === undefined)) return () => Number.NEGATIVE_INFINITY;
  if (more.length === 0) return (row) => first.free![row]!;
  return (row) => columns.reduce((fits, { free, amount }) => Math.min(fits, free![row]! / amount), Infinity);
}
