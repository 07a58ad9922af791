const tickMs = 5;

/** The longest time for which an event loop served no timer. */
export interface Block {
  /** By the clock. */
  readonly ms: number;
  /** What the thread itself took of a core between two turns, at most: on a busy machine it waits for one as well. */
  readonly cpuMs: number;
}

/** Watches the event loop of its thread. */
export class LoopWatch {
  #ms = 0;
  #cpuMs = 0;
  #tickedAt = performance.now();
  #usedMs = usedMs();
  readonly #timer = setInterval(() => this.#tick(), tickMs);

  /** The longest since it was made. */
  get longest(): Block {
    this.#tick();
    return { ms: this.#ms, cpuMs: this.#cpuMs };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const used = usedMs();
    this.#ms = Math.max(this.#ms, now - this.#tickedAt - tickMs);
    this.#cpuMs = Math.max(this.#cpuMs, used - this.#usedMs);
    this.#tickedAt = now;
    this.#usedMs = used;
  }
}

function usedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
