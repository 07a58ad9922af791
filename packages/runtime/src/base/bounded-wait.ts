import type { Clock } from "./clock.ts";

/**
 * Whether the promise settles within the time, and before the signal aborts; it is left to itself when not. Rejects as
 * it does.
 *
 * @param ms Infinity: only the signal bounds the wait
 */
export function withTimeout(
  clock: Clock,
  ms: number,
  promise: Promise<unknown>,
  signal?: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const disarm = () => {
      clock.clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    };
    const giveUp = () => {
      disarm();
      resolve(false);
    };
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : clock.setTimeout(giveUp, ms);
    promise.then(
      () => {
        disarm();
        resolve(true);
      },
      (error: unknown) => {
        disarm();
        reject(error);
      },
    );
    if (signal?.aborted) giveUp();
    else signal?.addEventListener("abort", giveUp, { once: true });
  });
}
