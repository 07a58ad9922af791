interface Waiter {
  readonly signal: AbortSignal;
  readonly onAbort: () => void;
  readonly take: () => void;
  readonly refuse: (cause: unknown) => void;
}

/** A bound on how many calls a device sees at once. Waiting is first come, first served, and ends with the waiter's signal. */
export class Slots {
  readonly #size: number;
  readonly #waiters = new Set<Waiter>();
  readonly #idle: (() => void)[] = [];
  #taken = 0;
  #closedBy: unknown;

  /** @param size at least 1; Infinity means no bound */
  constructor(size: number) {
    this.#size = size;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Resolves with the function that gives the slot back; rejects with the signal's reason, or with what `close` was given. */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#closedBy !== undefined) throw this.#closedBy;
    if (this.#taken < this.#size) this.#taken++;
    else await this.#wait(signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#release();
    };
  }

  /** Refuses who waits and who comes. Slots in use stay so until given back. */
  close(cause: unknown): void {
    this.#closedBy ??= cause;
    for (const waiter of this.#waiters) {
      this.#forget(waiter);
      waiter.refuse(this.#closedBy);
    }
  }

  /** Resolves when no slot is in use. */
  async idle(): Promise<void> {
    if (this.#taken > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        signal,
        take: resolve,
        refuse: reject,
        onAbort: () => {
          this.#forget(waiter);
          reject(signal.reason);
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", waiter.onAbort, { once: true });
    });
  }

  #release(): void {
    const [next] = this.#waiters;
    if (!next) {
      this.#taken--;
      if (this.#taken === 0) for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    // The slot changes hands without being free in between: a newcomer cannot overtake.
    this.#forget(next);
    next.take();
  }

  #forget(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    waiter.signal.removeEventListener("abort", waiter.onAbort);
  }
}
