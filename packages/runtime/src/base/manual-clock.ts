import type { Clock, Timer } from "./clock.ts";

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that moves only when told to. Timers fire in order of due time, then of creation. */
export class ManualClock implements Clock {
  #now = 0;
  #sleptMs = 0;
  #order = 0;
  readonly #entries = new Set<Entry>();
  readonly #startedAt: number;
  readonly #settled: () => Promise<void>;

  /** @param settled resolves when time may move on; by default after a turn of the event loop */
  constructor(startedAt = Date.UTC(2026, 0, 1), settled = turn) {
    this.#startedAt = startedAt;
    this.#settled = settled;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#startedAt + this.#now + this.#sleptMs;
  }

  sinceBoot(): number {
    return this.#now + this.#sleptMs;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const entry: Entry = { at: this.#now + Math.max(0, ms), order: this.#order++, callback };
    this.#entries.add(entry);
    return entry;
  }

  clearTimeout(timer: Timer): void {
    this.#entries.delete(timer as Entry);
  }

  /** How many timers are armed: a test for leaks. */
  get pending(): number {
    return this.#entries.size;
  }

  /** The machine sleeps: only the clocks that count that move on, and nothing falls due. */
  sleep(ms: number): void {
    this.#sleptMs += ms;
  }

  /** Nothing turns for so long: time passes, and what falls due meanwhile fires with the next {@link advance}. */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** Moves time on by `ms`, firing what falls due on the way and letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.#settled();
    for (let entry = this.#nextDue(until); entry; entry = this.#nextDue(until)) {
      this.#entries.delete(entry);
      this.#now = Math.max(this.#now, entry.at);
      entry.callback();
      await this.#settled();
    }
    this.#now = until;
    await this.#settled();
  }

  #nextDue(until: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.at > until) continue;
      if (!next || entry.at < next.at || (entry.at === next.at && entry.order < next.order)) next = entry;
    }
    return next;
  }
}

/** A turn of the event loop runs every microtask queued so far and those they queue. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
