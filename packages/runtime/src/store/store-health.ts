import type { ReeveError } from "@reeve/contract";

/** What is wrong with a database: it would lose what it acknowledged, or acknowledges nothing. */
export interface StoreFault {
  readonly kind: "full" | "gone" | "replaced" | "truncated" | "damaged" | "failed";
  /** What a transaction would be refused with; names the database and what to do. */
  readonly error: ReeveError;
}

/** Whether a database keeps what it acknowledges, as it is known now; told to listeners when that changes. */
export class StoreHealth {
  readonly #listeners = new Set<(fault: StoreFault | undefined) => void>();
  #fault: StoreFault | undefined;

  /** What is wrong now; undefined while nothing is. */
  get fault(): StoreFault | undefined {
    return this.#fault;
  }

  /** Tells of each change from now on. Returns what ends that. */
  onChange(listener: (fault: StoreFault | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something is wrong, or something else than before. */
  failed(fault: StoreFault): void {
    if (this.#fault?.kind === fault.kind && this.#fault.error.message === fault.error.message) return;
    this.#change(fault);
  }

  /** Nothing is wrong any more. */
  healed(): void {
    if (this.#fault) this.#change(undefined);
  }

  #change(fault: StoreFault | undefined): void {
    this.#fault = fault;
    for (const listener of this.#listeners) listener(fault);
  }
}
