interface Turn {
  readonly exclusive: boolean;
  readonly start: () => void;
}

/** Work that may share its time with other work, or may not; in order of arrival. */
export class Lane {
  readonly #queue: Turn[] = [];
  #sharers = 0;
  #exclusive = false;

  /** Nobody works here and nobody waits. */
  get idle(): boolean {
    return this.#sharers === 0 && !this.#exclusive && this.#queue.length === 0;
  }

  /** Beside other shared work. Rejects with the signal's reason when that aborts before the turn has come. */
  shared<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#hold(false, signal, work);
  }

  /** Beside nothing else. */
  exclusive<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#hold(true, signal, work);
  }

  async #hold<T>(exclusive: boolean, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(exclusive, signal);
    try {
      return await work();
    } finally {
      if (exclusive) this.#exclusive = false;
      else this.#sharers -= 1;
      this.#advance();
    }
  }

  #turn(exclusive: boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#queue.splice(this.#queue.indexOf(turn), 1);
        reject(signal.reason);
        this.#advance();
      };
      const start = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const turn: Turn = { exclusive, start };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(turn);
      this.#advance();
    });
  }

  #advance(): void {
    for (let next = this.#queue[0]; next && !this.#exclusive; next = this.#queue[0]) {
      if (next.exclusive && this.#sharers > 0) return;
      this.#queue.shift();
      if (next.exclusive) this.#exclusive = true;
      else this.#sharers += 1;
      next.start();
    }
  }
}

/** A lane for each key, for as long as somebody uses it; work under one key runs one after the other. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** Rejects with the signal's reason when that aborts before the turn has come. */
  async hold<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(key) ?? new Lane();
    this.#lanes.set(key, lane);
    try {
      return await lane.exclusive(signal, work);
    } finally {
      if (lane.idle) this.#lanes.delete(key);
    }
  }

  /** Whether somebody works under that key. */
  has(key: string): boolean {
    return this.#lanes.has(key);
  }
}
