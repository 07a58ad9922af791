import type { Clock } from "../base/clock.ts";
import { DatabaseClock } from "./database-clock.ts";
import { leaseMs, lostAfterMs } from "./lease-times.ts";
import { type Moment, momentOf, msSince } from "./moment.ts";

/** For how long this process has seen the database without a break: one that has not says nothing about others. */
export class DatabaseView {
  readonly #clock: Clock;
  #since: Moment | undefined;
  #last: Moment | undefined;
  readonly #databaseClock = new DatabaseClock();
  #setAt: Moment | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** 0 where the last answer is too old, or the process stood still since. */
  get unbrokenMs(): number {
    if (!this.#since || !this.#last || msSince(this.#clock, this.#last) > lostAfterMs) return 0;
    return msSince(this.#clock, this.#since);
  }

  /** @param sentAt when it was asked for what it has answered now */
  answered(sentAt: Moment): void {
    if (msSince(this.#clock, sentAt) > lostAfterMs) return this.failed();
    if (this.unbrokenMs === 0) this.#since = sentAt;
    this.#last = momentOf(this.#clock);
  }

  /**
   * Whether the database's clock was set within the life of a lease: what has expired by it may be renewed all the same.
   *
   * @param sentAt when it was asked for the time that it has told now
   */
  wasSet(sentAt: Moment, databaseNow: number): boolean {
    const now = momentOf(this.#clock);
    const reading = { askedAt: sentAt.sinceBoot, answeredAt: now.sinceBoot, databaseNow };
    if (this.#databaseClock.wasSet(reading)) this.#setAt = now;
    return this.#setAt !== undefined && msSince(this.#clock, this.#setAt) < leaseMs;
  }

  failed(): void {
    this.#since = undefined;
  }
}
