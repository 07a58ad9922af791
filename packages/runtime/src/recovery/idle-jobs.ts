import type { Clock, Timer } from "../base/clock.ts";
import type { Job } from "./job.ts";

/** A job is run next after it was begun: who has not by then has failed in between. */
export const runWithinMs = 60_000;

/** Jobs that were begun and not run yet, oldest first, with one timer for all of them. */
export class IdleJobs {
  readonly #clock: Clock;
  readonly #onForgotten: (job: Job) => void;
  readonly #begunAt = new Map<Job, number>();
  #timer: Timer;
  #closed = false;

  constructor(clock: Clock, onForgotten: (job: Job) => void) {
    this.#clock = clock;
    this.#onForgotten = onForgotten;
  }

  add(job: Job): void {
    if (this.#closed) return;
    this.#begunAt.set(job, this.#clock.now());
    if (this.#begunAt.size === 1) this.#watch(runWithinMs);
  }

  delete(job: Job): void {
    if (this.#begunAt.delete(job) && this.#begunAt.size === 0) this.#clock.clearTimeout(this.#timer);
  }

  close(): void {
    this.#closed = true;
    this.#clock.clearTimeout(this.#timer);
    this.#begunAt.clear();
  }

  #watch(ms: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    const now = this.#clock.now();
    for (const [job, begunAt] of this.#begunAt) {
      const leftMs = begunAt + runWithinMs - now;
      if (leftMs > 0) return this.#watch(leftMs);
      this.#begunAt.delete(job);
      this.#onForgotten(job);
    }
  }
}
