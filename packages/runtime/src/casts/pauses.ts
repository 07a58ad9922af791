import type { Random } from "../base/random.ts";

const initialMs = 1_000;
const longestMs = 300_000;

/** How long a cast is tried: pauses that follow on attempts which reached somebody, in sum. */
export const patienceMs = 86_400_000;

/** Absence ends with an arrival, which is told: nothing is gained by looking for each at another time. */
const meetingsInPause = 16;

/**
 * When one that nobody was there for is looked at again, by the same clock as `now`. Many that wait so meet, and are one commit.
 *
 * @param attempts how many there have been
 */
export function afterAbsence(attempts: number, now: number): number {
  const pause = boundMs(attempts);
  const grid = pause / meetingsInPause;
  return Math.floor((now + pause) / grid) * grid;
}

/** What is not sent so soon after the turn began that took it is not sent in that turn at all: others may have taken it over. */
export const longestCommitMs = 10_000;

/**
 * The pause after an attempt: anything up to a bound that doubles from 1 s to 5 min (AWS's full jitter), so that what failed together
 * does not come back together.
 *
 * @param attempts how many there have been
 */
export function pauseMs(attempts: number, random: Random): number {
  return Math.ceil(random() * boundMs(attempts));
}

function boundMs(attempts: number): number {
  return Math.min(longestMs, initialMs * 2 ** Math.max(0, attempts - 1));
}
