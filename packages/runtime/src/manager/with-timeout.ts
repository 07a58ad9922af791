import type { Clock } from "../base/clock.ts";

/** Whether the promise settles within the time; it is left to itself when not. Rejects as it does. */
export function withTimeout(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => resolve(false), ms);
    promise.then(
      () => {
        clock.clearTimeout(timer);
        resolve(true);
      },
      (error: unknown) => {
        clock.clearTimeout(timer);
        reject(error);
      },
    );
  });
}
