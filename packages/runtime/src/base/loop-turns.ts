import type { Clock } from "./clock.ts";

/** How long a chain of awaits may hold the event loop, in milliseconds. */
const longestMs = 4;

/**
 * Lets the event loop turn in work that awaits only what is there already. Such a chain never leaves the microtask queue:
 * no timer fires, no socket is read and no thread is heard until it ends.
 *
 * ```ts
 * for (const item of items) {
 *   if (turns.due) await turns.next();
 *   await work(item);
 * }
 * ```
 */
export class LoopTurns {
  readonly #clock: Pick<Clock, "now">;
  /** When this turn of the loop first did such work. */
  #since: number | undefined;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Whether this turn has lasted long enough. */
  get due(): boolean {
    const now = this.#clock.now();
    if (this.#since === undefined) {
      this.#since = now;
      setImmediate(() => {
        this.#since = undefined;
      });
    }
    return now - this.#since >= longestMs;
  }

  /** Resolves in the next turn of the loop, after its timers and sockets. */
  next(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}
