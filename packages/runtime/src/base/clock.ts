export type Timer = unknown;

/** Where time comes from. Everything that waits or measures takes one by argument. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin: for durations, deadlines and ages. */
  now(): number;
  /** Milliseconds since 1970: only for records and logs that people read, never to decide. */
  wallNow(): number;
  setTimeout(callback: () => void, ms: number): Timer;
  clearTimeout(timer: Timer): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  // A time that has passed already is due now; Node warns of it.
  setTimeout: (callback, ms) => setTimeout(callback, Math.max(0, ms)),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
