/** Time, as the driver needs it, in milliseconds. Clocks of `@reeve/runtime` fit; tests give one that they move. */
export interface DeviceClock {
  /** Never goes back; the zero is anywhere. */
  now(): number;
  /** Since 1970, as people set it. */
  wallNow(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The machine's; what waits by it keeps no process alive. */
export const systemClock: DeviceClock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms).unref(),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Runs once after that time, unless the function that is returned is called before. */
export function after(clock: DeviceClock, ms: number, run: () => void): () => void {
  const timer = clock.setTimeout(run, ms);
  return () => clock.clearTimeout(timer);
}
