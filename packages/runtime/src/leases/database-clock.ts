/** How far the database's clock may go apart from a process's own between two answers. */
const mostDriftMs = 1_000;

/** One answer of the database that tells its time; the others are by a clock of the process that counts sleep. In milliseconds. */
export interface ClockReading {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly databaseNow: number;
}

/**
 * Tells when the database's clock was set, or another server with another clock took its place. Leases have run out by it then
 * whose holders renew them in time.
 */
export class DatabaseClock {
  /** Its time less the process's own: between these two. */
  #ahead: { readonly least: number; readonly most: number } | undefined;

  /** Whether it was set since the reading before. */
  wasSet({ askedAt, answeredAt, databaseNow }: ClockReading): boolean {
    const before = this.#ahead;
    const least = databaseNow - answeredAt;
    const most = databaseNow - askedAt;
    this.#ahead = { least, most };
    return before !== undefined && (least > before.most + mostDriftMs || most < before.least - mostDriftMs);
  }
}
