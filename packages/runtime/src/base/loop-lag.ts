/**
 * An event loop that was held up for longer lags: calls take no answer this late for an answer, and others may have taken its
 * process for dead. Its own process tells by its timers and its clocks (`supervisor/standstill.ts`), others by the heartbeats of a
 * thread that does not share the loop.
 */
export const lagLimitMs = 5_000;
