import type { HostLimits } from "../filters.ts";
import type { HostTable } from "../host-table.ts";
import { ExpiryQueue } from "./expiry-queue.ts";

/** By row: which of the filters `up`, `ready` and `measured` is the first that turns the host away. */
export const [isDown, isNotReady, isNotMeasured, isLive] = [0, 1, 2, 3] as const;

/** Times are sums of parts of milliseconds: a row is looked at a little early rather than late. */
const earlyMs = 0.001;

/**
 * What the filters that time decides say of each host of a table. A host falls silent without news, and is heard again without
 * news: the former are found by a queue, the latter are few and looked at each time. What has changed is added to the table's changes.
 */
export class Liveness {
  readonly #table: HostTable;
  readonly #limits: HostLimits;
  readonly #queue = new ExpiryQueue();
  /** By row: when the queue has it looked at; an entry of another time is void. */
  #lookAt = new Float64Array(0);
  #states = new Uint8Array(0);
  readonly #down = new Set<number>();
  #position = -1;

  constructor(table: HostTable, limits: HostLimits) {
    this.#table = table;
    this.#limits = limits;
  }

  of(row: number): number {
    return this.#states[row]!;
  }

  /** Brings it to the present. */
  refresh(now: number): void {
    const { changes, size } = this.#table;
    if (this.#states.length < size) this.#grow();
    if (this.#position < 0 || !changes.reaches(this.#position)) {
      for (let row = 0; row < size; row++) this.#look(row, now);
    } else {
      changes.since(this.#position, (row) => this.#look(row, now));
    }
    this.#takeDue(now);
    for (const row of this.#down) this.#look(row, now);
    this.#position = changes.position;
  }

  #takeDue(now: number): void {
    const due: number[] = [];
    while (this.#queue.earliest <= now + earlyMs) {
      const time = this.#queue.earliest;
      const row = this.#queue.take();
      if (this.#lookAt[row] === time) due.push(row);
    }
    for (const row of due) {
      this.#lookAt[row] = Number.NaN;
      this.#look(row, now);
    }
  }

  #look(row: number, now: number): void {
    const { size, sources, measuredAt } = this.#table;
    if (row >= size) {
      this.#down.delete(row);
      if (row < this.#states.length) this.#lookAt[row] = Number.NaN;
      return;
    }
    const state = this.#stateOf(row, now);
    if (state !== this.#states[row]) {
      this.#states[row] = state;
      this.#table.changes.add(row);
    }
    if (state === isDown) {
      this.#down.add(row);
      return;
    }
    this.#down.delete(row);
    const { downAfterMs, maxAgeMs } = this.#limits;
    const silentAt = sources[row]!.heardAt + downAfterMs;
    const until = state === isLive ? Math.min(silentAt, measuredAt[row]! + maxAgeMs) : silentAt;
    // What is looked at too early is put off then.
    if (this.#lookAt[row]! <= until) return;
    this.#lookAt[row] = until;
    this.#queue.add(row, until);
  }

  /** In the words of the filters themselves. */
  #stateOf(row: number, now: number): number {
    const { sources, ready, measuredAt } = this.#table;
    const { downAfterMs, maxAgeMs } = this.#limits;
    if (!(sources[row]!.heardAt >= now - downAfterMs)) return isDown;
    if (ready[row] !== 1) return isNotReady;
    return measuredAt[row]! >= now - maxAgeMs ? isLive : isNotMeasured;
  }

  #grow(): void {
    const rows = this.#table.ready.length;
    const states = new Uint8Array(rows).fill(255);
    states.set(this.#states);
    const lookAt = new Float64Array(rows).fill(Number.NaN);
    lookAt.set(this.#lookAt);
    this.#states = states;
    this.#lookAt = lookAt;
  }
}
