import { ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";

interface Waiter {
  admit(): void;
  refuse(error: Error): void;
}

/** A bounded number of slots, and a bounded queue before them, first come first served. */
export class Slots {
  readonly #slots: number;
  readonly #maxWaiting: number;
  readonly #waiters = new Set<Waiter>();
  #inside = 0;
  #closed = false;
  #empty: (() => void) | undefined;

  constructor(slots: number, maxWaiting: number) {
    this.#slots = slots;
    this.#maxWaiting = maxWaiting;
  }

  get inside(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Resolves with the function that gives the slot back, once there is one.
   *
   * @throws ReeveError `WORKERS_FULL` when the queue is full, the signal's reason or `CANCELLED` when it aborts first
   */
  async enter(signal: AbortSignal | undefined): Promise<() => void> {
    if (signal?.aborted) throw cancelled(signal, "not-executed");
    if (this.#inside < this.#slots) this.#inside++;
    else await this.#wait(signal);
    return () => this.#leave();
  }

  /** Waits until nobody is inside or waiting, at most that long. Resolves with how many still are. */
  async drain(withinMs: number, clock: Clock): Promise<number> {
    if (this.#inside === 0) return 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#empty = resolve;
    const timer = clock.setTimeout(resolve, withinMs);
    await promise;
    clock.clearTimeout(timer);
    return this.#inside + this.#waiters.size;
  }

  /** Refuses all that wait. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) {
      waiter.refuse(reeveError("CANCELLED", "workers: the supervisor stopped first", { outcome: "not-executed" }));
    }
    this.#waiters.clear();
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiters.size >= this.#maxWaiting) {
      throw reeveError(
        "WORKERS_FULL",
        `workers: ${this.#inside} runs are in their threads and ${this.#maxWaiting} wait`,
        {
          data: { running: this.#inside, queued: this.#waiters.size },
        },
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { admit: resolve, refuse: reject };
    this.#waiters.add(waiter);
    const abort = () => {
      this.#waiters.delete(waiter);
      reject(cancelled(signal!, "not-executed"));
    };
    signal?.addEventListener("abort", abort, { once: true });
    return promise.finally(() => signal?.removeEventListener("abort", abort));
  }

  #leave(): void {
    const [next] = this.#waiters;
    if (next && !this.#closed) {
      this.#waiters.delete(next);
      next.admit();
      return;
    }
    this.#inside--;
    if (this.#inside === 0) this.#empty?.();
  }
}

/** What a caller gets whose signal aborted: the reason when it is ours, a deadline that passed, say. */
export function cancelled(signal: AbortSignal, outcome: "not-executed" | "maybe-executed"): Error {
  if (signal.reason instanceof ReeveError) return signal.reason;
  return reeveError("CANCELLED", "worker task: its caller's signal aborted", { outcome, cause: signal.reason });
}
