import { type ReeveError, reeveError } from "@reeve/contract";
import { Listeners } from "./listeners.ts";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: ReeveError) => void;
}

/** Whether a client is connected, who wants to know, and who waits for it. */
export class LinkState {
  #up = false;
  #closed: ReeveError | undefined;
  readonly #listeners = new Listeners<boolean>();
  readonly #waiting = new Set<Waiting>();
  readonly #onListenerThrow: (cause: unknown) => void;
  readonly #problem: () => string | undefined;

  /** @param problem why the last attempt failed */
  constructor(onListenerThrow: (cause: unknown) => void, problem: () => string | undefined = () => undefined) {
    this.#onListenerThrow = onListenerThrow;
    this.#problem = problem;
  }

  get up(): boolean {
    return this.#up;
  }

  onChange(listener: (up: boolean) => void): () => void {
    return this.#listeners.add(listener);
  }

  set(up: boolean): void {
    if (up === this.#up || (up && this.#closed)) return;
    this.#up = up;
    if (up) for (const { resolve } of this.#waiting) resolve();
    this.#listeners.tell(up, this.#onListenerThrow);
  }

  /** Down for good: who waits, now or later, gets `error`. */
  close(error: ReeveError): void {
    this.#closed ??= error;
    for (const { reject } of this.#waiting) reject(error);
    this.set(false);
  }

  /** Resolves at once when up, else when it next is; an abort ends only this wait. */
  untilUp(signal?: AbortSignal): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (this.#up) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#waiting.delete(waiting);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiting: Waiting = {
        resolve: () => {
          settle();
          resolve();
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const onAbort = () => {
        const problem = this.#problem();
        const message = `connect: the signal was aborted before a broker could be reached${problem ? `: ${problem}` : ""}`;
        waiting.reject(reeveError("CANCELLED", message, { outcome: "never-sent", cause: signal?.reason }));
      };
      if (signal?.aborted) return onAbort();
      this.#waiting.add(waiting);
      signal?.addEventListener("abort", onAbort);
    });
  }
}
