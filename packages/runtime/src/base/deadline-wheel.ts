import type { Clock, Timer } from "./clock.ts";

/** What the wheel holds. The links are the wheel's own; an entry is in one wheel at most. */
export interface WheelEntry {
  /** When it expires, on the wheel's clock. Finite. */
  readonly deadlineAt: number;
  wheelPrevious: WheelEntry | undefined;
  wheelNext: WheelEntry | undefined;
  /** The deadline has passed; the entry is out of the wheel. Must not throw. */
  expire(): void;
}

/** Told the time once, at the next tick. */
export interface TickListener {
  /** Must not throw. */
  onTick(now: number): void;
}

const slots = 1024;

/**
 * Many deadlines on one timer: adding and removing are a few assignments, where a timer each would cost as much as a
 * local call. Deadlines fire up to one tick late, never early, whatever the clock jumps and however long the loop was
 * blocked.
 */
export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #slots: readonly WheelEntry[];
  readonly #due = emptyList();
  #count = 0;
  #listeners: TickListener[] = [];
  #closed = false;
  #armedTick = Number.POSITIVE_INFINITY;
  #timer: Timer;
  /** Every slot up to this tick was swept. */
  #sweptTick: number;

  constructor(clock: Clock, tickMs = 20) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#sweptTick = Math.floor(clock.now() / tickMs);
    this.#slots = Array.from({ length: slots }, emptyList);
  }

  /** How many entries wait. */
  get size(): number {
    return this.#count;
  }

  add(entry: WheelEntry): void {
    this.#count++;
    this.#place(entry);
  }

  /**
   * Tells the listener the time once, within a tick: for who starts something short, where reading the clock would cost
   * as much as everything else about it, and adds at the tick what is still there.
   */
  soon(listener: TickListener): void {
    this.#listeners.push(listener);
    if (this.#listeners.length === 1) this.#wake();
  }

  /** Takes an entry out; harmless when it is not in. */
  remove(entry: WheelEntry): void {
    if (entry.wheelNext === undefined) return;
    unlink(entry);
    this.#count--;
  }

  /** Disarms the timer for good. Entries stay and never expire. */
  close(): void {
    this.#closed = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #place(entry: WheelEntry): void {
    const tick = Math.max(Math.ceil(entry.deadlineAt / this.#tickMs), this.#sweptTick + 1);
    append(this.#slots[tick % slots]!, entry);
    if (tick < this.#armedTick) this.#arm(tick);
  }

  #wake(): void {
    const tick = Math.floor(this.#clock.now() / this.#tickMs) + 1;
    if (tick < this.#armedTick) this.#arm(tick);
  }

  #arm(tick: number): void {
    if (this.#closed) return;
    this.#clock.clearTimeout(this.#timer);
    this.#armedTick = tick;
    // No longer than a turn of the wheel: a timer of more than 24 days would fire at once.
    const ms = Math.min(tick * this.#tickMs - this.#clock.now(), slots * this.#tickMs);
    this.#timer = this.#clock.setTimeout(() => this.#sweep(), Math.max(0, ms));
  }

  #sweep(): void {
    const now = this.#clock.now();
    const tick = Math.floor(now / this.#tickMs);
    // A late sweep visits each slot once however long the process slept.
    const from = Math.max(this.#sweptTick + 1, tick - slots + 1);
    // Whatever is placed from here on must not arm the timer: the next slot in use is looked for at the end.
    this.#armedTick = Number.NEGATIVE_INFINITY;
    this.#tellListeners(now);
    for (let t = from; t <= tick; t++) this.#collectDue(this.#slots[t % slots]!, now);
    this.#sweptTick = tick;
    // One that expires may take others out, or add some.
    for (let entry = this.#due.wheelNext!; entry !== this.#due; entry = this.#due.wheelNext!) {
      this.remove(entry);
      entry.expire();
    }
    this.#armNext();
  }

  #tellListeners(now: number): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener.onTick(now);
  }

  #collectDue(slot: WheelEntry, now: number): void {
    for (let entry = slot.wheelNext!; entry !== slot; ) {
      const next = entry.wheelNext!;
      if (entry.deadlineAt <= now) {
        unlink(entry);
        append(this.#due, entry);
      }
      entry = next;
    }
  }

  #armNext(): void {
    this.#armedTick = Number.POSITIVE_INFINITY;
    if (this.#listeners.length > 0) this.#wake();
    if (this.#count === 0) return;
    for (let tick = this.#sweptTick + 1; tick <= this.#sweptTick + slots && tick < this.#armedTick; tick++) {
      const slot = this.#slots[tick % slots]!;
      if (slot.wheelNext !== slot) this.#arm(tick);
    }
  }
}

/** A ring of one: the end of a list, never expired itself. */
function emptyList(): WheelEntry {
  const head: WheelEntry = {
    deadlineAt: Number.POSITIVE_INFINITY,
    wheelPrevious: undefined,
    wheelNext: undefined,
    expire: () => {},
  };
  head.wheelPrevious = head;
  head.wheelNext = head;
  return head;
}

function append(list: WheelEntry, entry: WheelEntry): void {
  const last = list.wheelPrevious!;
  entry.wheelPrevious = last;
  entry.wheelNext = list;
  last.wheelNext = entry;
  list.wheelPrevious = entry;
}

function unlink(entry: WheelEntry): void {
  const previous = entry.wheelPrevious!;
  const next = entry.wheelNext!;
  previous.wheelNext = next;
  next.wheelPrevious = previous;
  entry.wheelPrevious = undefined;
  entry.wheelNext = undefined;
}
