/** Something that gathers during a tick what it sends at its end. */
export interface Flushable {
  /** Must not throw. */
  flush(): void;
}

/**
 * Flushes everything that gathered something in this tick, once all promises that can settle in it have: never a timer,
 * which would hold up a lone call.
 */
export class TickBatcher {
  #dirty: Flushable[] = [];

  /** At most once per flush of each. */
  add(lane: Flushable): void {
    this.#dirty.push(lane);
    // A next-tick callback queued from a microtask runs when the microtasks are exhausted, those queued meanwhile included.
    if (this.#dirty.length === 1) queueMicrotask(this.#afterMicrotasks);
  }

  readonly #afterMicrotasks = (): void => {
    process.nextTick(this.#flush);
  };

  /** Flushes at once: nothing of this process runs after what follows. */
  flushNow(): void {
    this.#flush();
  }

  readonly #flush = (): void => {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const lane of dirty) lane.flush();
  };
}
