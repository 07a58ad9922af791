import { type Clock, sinceBoot } from "../base/clock.ts";

/** A point in time by both monotonic clocks: one of them stands still while the machine sleeps. */
export interface Moment {
  readonly now: number;
  readonly sinceBoot: number;
}

export function momentOf(clock: Clock): Moment {
  return { now: clock.now(), sinceBoot: sinceBoot(clock) };
}

/** By the clock that has gone further. */
export function msSince(clock: Clock, moment: Moment): number {
  return Math.max(clock.now() - moment.now, sinceBoot(clock) - moment.sinceBoot);
}
