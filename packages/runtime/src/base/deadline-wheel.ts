import type { Clock, Timer } from "./clock.ts";

/** What the wheel holds. The links are the wheel's own; an entry is in one wheel at most. */
export interface WheelEntry {
  /** When it expires, on the wheel's clock. */
  deadlineAt: number;
  wheelPrevious: WheelEntry | undefined;
  wheelNext: WheelEntry | undefined;
  /** The deadline has passed; the entry is out of the wheel. Must not throw. */
  expire(): void;
}

interface Slot {
  wheelPrevious: WheelEntry | undefined;
  wheelNext: WheelEntry | undefined;
}

const slots = 1024;

/**
 * Many deadlines on one timer: adding and removing are a few assignments, where a timer each would cost as much as a
 * local call. Deadlines fire up to one tick late, never early.
 */
export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #slots: readonly WheelEntry[];
  #count = 0;
  #armedTick = Number.POSITIVE_INFINITY;
  #timer: Timer;
  /** Every slot up to this tick was swept. */
  #sweptTick: number;

  constructor(clock: Clock, tickMs = 20) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#sweptTick = Math.floor(clock.now() / tickMs);
    this.#slots = Array.from({ length: slots }, () => {
      const slot: Slot = { wheelPrevious: undefined, wheelNext: undefined };
      const head = slot as WheelEntry;
      slot.wheelPrevious = head;
      slot.wheelNext = head;
      return head;
    });
  }

  /** How many entries wait. */
  get size(): number {
    return this.#count;
  }

  add(entry: WheelEntry): void {
    const tick = Math.max(Math.ceil(entry.deadlineAt / this.#tickMs), this.#sweptTick + 1);
    const head = this.#slots[tick % slots]!;
    const last = head.wheelPrevious!;
    entry.wheelPrevious = last;
    entry.wheelNext = head;
    last.wheelNext = entry;
    head.wheelPrevious = entry;
    this.#count++;
    if (tick < this.#armedTick) this.#arm(tick);
  }

  /** Takes an entry out; harmless when it is not in. */
  remove(entry: WheelEntry): void {
    const next = entry.wheelNext;
    if (next === undefined) return;
    const previous = entry.wheelPrevious!;
    previous.wheelNext = next;
    next.wheelPrevious = previous;
    entry.wheelPrevious = undefined;
    entry.wheelNext = undefined;
    this.#count--;
  }

  /** Disarms the timer. Entries stay and never expire. */
  close(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#armedTick = Number.NEGATIVE_INFINITY;
  }

  #arm(tick: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#armedTick = tick;
    this.#timer = this.#clock.setTimeout(() => this.#sweep(), Math.max(0, tick * this.#tickMs - this.#clock.now()));
  }

  #sweep(): void {
    const now = this.#clock.now();
    const tick = Math.floor(now / this.#tickMs);
    // A late sweep (blocked loop, paused process) visits each slot once however long it slept.
    const from = Math.max(this.#sweptTick + 1, tick - slots + 1);
    this.#sweptTick = tick;
    this.#armedTick = Number.POSITIVE_INFINITY;
    const due: WheelEntry[] = [];
    for (let t = from; t <= tick; t++) {
      const head = this.#slots[t % slots]!;
      for (let entry = head.wheelNext!; entry !== head; ) {
        const next = entry.wheelNext!;
        if (entry.deadlineAt <= now) {
          this.remove(entry);
          due.push(entry);
        }
        entry = next;
      }
    }
    for (const entry of due) entry.expire();
    this.#armNext();
  }

  #armNext(): void {
    if (this.#count === 0 || this.#armedTick !== Number.POSITIVE_INFINITY) return;
    for (let tick = this.#sweptTick + 1; tick <= this.#sweptTick + slots; tick++) {
      const head = this.#slots[tick % slots]!;
      if (head.wheelNext !== head) return this.#arm(tick);
    }
  }
}
