import { reeveError } from "@reeve/contract";
import { Cron } from "croner";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Turns } from "./turns.ts";

/** The wall clock may be set, or run on while the machine sleeps, so a wait is never trusted for longer. */
const recheckMs = 60_000;

/** Turns that passed while the process stood still are counted, but not without end. */
const countedMisses = 1_000;

interface CronTime {
  readonly pattern: string;
  readonly timezone: string;
}

/**
 * Turns at calendar times. Where clocks go forward, a time of day that does not exist is turned to when the gap ends;
 * where they go back, a time of day that comes twice is turned to once. A clock that is set back repeats no turn.
 *
 * @throws ReeveError `INVALID_OPTION` naming the field when the pattern or time zone is malformed or never falls due
 */
export function cronTurns(field: string, time: CronTime, jitterMs: number, clock: Clock, random: Random): Turns {
  const after = compile(field, time, clock);
  let begun = false;
  let due: number | undefined;
  let following: number | undefined;
  let late = 0;
  return {
    recheckMs,
    get gapMs() {
      return due === undefined || following === undefined ? Number.POSITIVE_INFINITY : following - due;
    },
    advance() {
      const now = clock.wallNow();
      let missed = 0;
      if (!begun) following = after(now);
      begun = true;
      while (following !== undefined && following <= now) {
        missed++;
        following = after(missed < countedMisses ? following : now);
      }
      due = following;
      following = due === undefined ? undefined : after(due);
      late = random() * Math.min(jitterMs, this.gapMs);
      return missed;
    },
    remainingMs: () => (due === undefined ? undefined : due + late - clock.wallNow()),
  };
}

/** The first time after a given one, in milliseconds since 1970. */
function compile(field: string, { pattern, timezone }: CronTime, clock: Clock): (from: number) => number | undefined {
  const next = (cron: Cron, from: number) => cron.nextRun(new Date(from))?.getTime();
  let cron: Cron;
  let first: number | undefined;
  try {
    cron = new Cron(pattern, { timezone });
    first = next(cron, clock.wallNow());
  } catch (cause) {
    const shown = `${JSON.stringify(pattern)} in ${JSON.stringify(timezone)}`;
    throw reeveError(
      "INVALID_OPTION",
      `${field}: expected a cron pattern and a time zone, got ${shown}: ${String(cause)}`,
      { cause },
    );
  }
  if (first === undefined) {
    throw reeveError("INVALID_OPTION", `${field}: ${JSON.stringify(pattern)} never falls due`);
  }
  return (from) => next(cron, from);
}
