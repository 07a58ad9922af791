/** Two machines' monotonic clocks drift apart by less (NTP slews by 500 ppm at most). */
const driftPerMs = 0.0005;

/**
 * How much later than usual a peer's messages come. Clocks of two processes cannot be compared, but the difference
 * (received − sent) can: its smallest is the shortest way, and what is above it was spent in a paused broker or a full
 * buffer. That time is gone from the deadline.
 */
export class SenderClock {
  #smallest = Number.POSITIVE_INFINITY;
  #asOf = 0;

  /** Milliseconds above the shortest way that this message took, both by monotonic clocks. */
  excess(sentAt: number, receivedAt: number): number {
    const difference = receivedAt - sentAt;
    // What was the shortest way long ago may be out of date by the clocks' drift, so it is forgotten at that pace.
    const known = this.#smallest + (receivedAt - this.#asOf) * driftPerMs;
    if (difference <= known) {
      this.#smallest = difference;
      this.#asOf = receivedAt;
      return 0;
    }
    return difference - known;
  }
}
