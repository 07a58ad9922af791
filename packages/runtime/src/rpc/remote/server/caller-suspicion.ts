/** A caller of which the broker has said for so long, without a break, that it does not listen is gone. */
const goneAfterMs = 10_000;
/** Heartbeats further apart than this prove nothing about the time between: the process stood still, or had nothing to say. */
const longestGapMs = 5_000;

/**
 * Whether one caller may be gone. The first heartbeat that nobody listens for makes it suspect; it is gone when every one since
 * has met the same for 10 s. Heartbeats and notices of a link that was lost since count for nothing.
 */
export class CallerSuspicion {
  #number = 0;
  #sentAt = Number.NEGATIVE_INFINITY;
  #refused = 0;
  /** When the first heartbeat of the unbroken row was sent. */
  #since: number | undefined = undefined;

  /** A heartbeat is sent. Returns its number. */
  sent(now: number): number {
    if (now - this.#sentAt > longestGapMs) this.#since = undefined;
    this.#sentAt = now;
    return ++this.#number;
  }

  /** Nobody listened for that heartbeat. Returns whether the caller is gone. */
  refused(number: number, sentAt: number): boolean {
    if (number <= this.#refused) return false;
    // One between that was not refused was heard.
    if (this.#since === undefined || number !== this.#refused + 1) this.#since = sentAt;
    this.#refused = number;
    return sentAt - this.#since >= goneAfterMs;
  }

  /** The caller was heard, or it is not known any more who can be. */
  clear(): void {
    this.#since = undefined;
  }
}
