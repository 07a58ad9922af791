import { boundedValue } from "./bounded-value.ts";

const limits = { depth: 6, nodes: 400, text: 2_000 };

/** Keeps the payloads of the newest messages, for a person who asks about one. Memory is bounded by number and size. */
export class PayloadShelf {
  readonly #payloads = new Map<number, unknown>();
  readonly #limit: number;

  constructor(limit = 500) {
    this.#limit = limit;
  }

  put(seq: number, payload: unknown): void {
    this.#payloads.set(seq, boundedValue(payload, limits));
    if (this.#payloads.size <= this.#limit) return;
    for (const oldest of this.#payloads.keys()) {
      this.#payloads.delete(oldest);
      return;
    }
  }

  has(seq: number): boolean {
    return this.#payloads.has(seq);
  }

  get(seq: number): unknown {
    return this.#payloads.get(seq);
  }

  clear(): void {
    this.#payloads.clear();
  }
}
