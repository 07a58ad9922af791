import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Turns } from "./turns.ts";

/** Well within what one timer can wait. */
const recheckMs = 86_400_000;

/** Turns at whole multiples of an interval from the first `advance`. Each one's jitter is its own, so it neither adds up nor skips a turn. */
export function intervalTurns(everyMs: number, jitterMs: number, clock: Clock, random: Random): Turns {
  let origin: number | undefined;
  let turn = 0;
  let late = 0;
  return {
    gapMs: everyMs,
    recheckMs,
    beginIn(ms) {
      // Rounding must not make the interval seem to be over.
      origin = clock.now() + Math.max(1, ms) - everyMs;
    },
    advance() {
      origin ??= clock.now();
      const passed = Math.floor((clock.now() - origin) / everyMs);
      const missed = Math.max(0, passed - turn);
      turn += missed + 1;
      late = random() * jitterMs;
      return missed;
    },
    remainingMs: () => (origin === undefined ? undefined : origin + turn * everyMs + late - clock.now()),
  };
}
