/** Time, as the driver needs it: tests give one that they move. */
export interface Clock {
  /** Milliseconds since 1970, as people set it. */
  wallMs(): number;
  /** Milliseconds that never go back; the zero is anywhere. */
  monotonicMs(): number;
  /** Runs once after that many milliseconds, unless it is cancelled before. Keeps no process alive. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};
