import { uptime } from "node:os";

export type Timer = unknown;

/** Where time comes from. Everything that waits or measures takes one by argument. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin: for durations, deadlines and ages. */
  now(): number;
  /** Milliseconds since 1970: only for records and logs that people read, never to decide. */
  wallNow(): number;
  /**
   * Monotonic milliseconds from an arbitrary origin, that of the machine's processes together, which go on while the machine
   * sleeps: to tell how long something has lasted for others. Slower than {@link now}. Default: as {@link now}.
   */
  sinceBoot?(): number;
  setTimeout(callback: () => void, ms: number): Timer;
  clearTimeout(timer: Timer): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  // CLOCK_BOOTTIME on Linux; the monotonic clock of Node stands still while a laptop sleeps.
  sinceBoot: () => uptime() * 1_000,
  // A time that has passed already is due now; Node warns of it.
  setTimeout: (callback, ms) => setTimeout(callback, Math.max(0, ms)),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Milliseconds by the clock that counts sleep. */
export function sinceBoot(clock: Clock): number {
  return clock.sinceBoot ? clock.sinceBoot() : clock.now();
}
