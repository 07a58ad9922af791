/**
 * An event loop that was held up for longer lags: calls take no answer this late for an answer, and others may have taken its
 * process for dead. Its own process tells by its timers and its clocks (`supervisor/standstill.ts`), others by the heartbeats of a
 * thread that does not share the loop.
 */
export const lagLimitMs = 5_000;

/** An event loop looks at its clocks at least so often while it turns. */
export const loopTurnMs = 1_000;

/** For so long a process may stand still at most without noticing it: the limit, and a turn that had just begun. */
export const unnoticedMs = lagLimitMs + loopTurnMs;

/** A heartbeat that a process sends as it goes on has reached the broker by then; what the broker has is taken in before anybody is judged. */
const wayMs = 500;

/**
 * After how much silence another process, which holds its places and is heard, may have them. Until then it may have stood still without
 * noticing, and go on with what lies in its socket as if nothing had happened: it may have been due to say something one interval after
 * it was heard, have stood still from then on for as long as it does not notice, and then its heartbeat takes its way. Silent for longer, it
 * finds out that it stood still before it takes in anything, and asks who lives there.
 */
export function replaceableAfterMs(everyMs: number): number {
  return everyMs + unnoticedMs + wayMs;
}
