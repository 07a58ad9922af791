import type { Random } from "./random.ts";

export interface BackoffOptions {
  /** Wait before the first retry. */
  readonly initialMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
  /** Growth per attempt. Default 2. */
  readonly factor?: number;
}

/** Exponential waits with full upper-half jitter: attempt n waits between half and all of `initial × factor^n`, capped. */
export function backoff({ initialMs, maxMs, factor = 2 }: BackoffOptions, random: Random): (attempt: number) => number {
  return (attempt) => {
    const ceiling = Math.min(maxMs, initialMs * factor ** attempt);
    return ceiling / 2 + (random() * ceiling) / 2;
  };
}
