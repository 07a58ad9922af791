import type { Clock } from "../base/clock.ts";
import type { Settlement } from "./call.ts";

interface Entry {
  readonly answer: Promise<Settlement>;
  readonly until: number;
}

const defaultCapacity = 4_096;
const defaultKeepMs = 600_000;

/** Remembers the answers of recent idempotency keys of one incarnation, so that a repeated call joins the first one. */
export class ReplayMemory {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #keepMs: number;
  readonly #entries = new Map<string, Entry>();

  /** @param capacity keys kept, the oldest go first; default 4096, for 10 minutes */
  constructor(clock: Clock, capacity = defaultCapacity, keepMs = defaultKeepMs) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#keepMs = keepMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  recall(key: string): Promise<Settlement> | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.until > this.#clock.now()) return entry.answer;
    this.#entries.delete(key);
    return undefined;
  }

  remember(key: string, answer: Promise<Settlement>): void {
    this.#entries.set(key, { answer, until: this.#clock.now() + this.#keepMs });
    if (this.#entries.size > this.#capacity) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
  }

  /** The call did not run after all: the key is free again. */
  forget(key: string): void {
    this.#entries.delete(key);
  }
}
