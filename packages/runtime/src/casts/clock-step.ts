/** Answers of a database that take long, and clocks that are slewed, are no steps. */
const leastStepMs = 5_000;

interface Reading {
  /** By the database's clock. */
  readonly now: number;
  /** By the process's own, which is never set. */
  readonly knownAt: number;
}

/**
 * Notices that the clock of a database was set back. What waits for the end of a pause, reckoned by the clock that was ahead, would
 * wait for as long as that was wrong: a host that boots with a wrong clock is a year ahead at times.
 */
export class ClockStep {
  #last: Reading | undefined;

  /** By how much since the last {@link note}, in milliseconds; 0 where it was not. */
  backBy({ now, knownAt }: Reading): number {
    if (this.#last === undefined) return 0;
    const back = this.#last.now + (knownAt - this.#last.knownAt) - now;
    return back < leastStepMs ? 0 : back;
  }

  note(reading: Reading): void {
    this.#last = reading;
  }
}
