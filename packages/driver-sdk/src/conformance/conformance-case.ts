/** What a test runner hands to a test; the contexts of Vitest and node:test have it. */
export interface SkipContext {
  skip(reason?: string): void;
}

/** What running a case found; that it rejected is the third possibility. */
export type Verdict = "held" | { readonly skipped: string };

/** One promise of a port, to be held against one driver. Cases are independent of each other and may run at the same time. */
export interface ConformanceCase {
  readonly name: string;
  /** Rejects, with an AssertionError as a rule, when the driver breaks the promise. Tells the runner what it skips, and why. */
  readonly run: (context?: SkipContext) => Promise<Verdict>;
}

/**
 * Makes cases of promises: each is named after its own, and tells the runner what it skips.
 *
 * @example
 * ```ts
 * const promises = [{ promise: "a lamp that is lit shines", hold: async (lamp: Lamp) => lamp.light({ on: true }) }];
 * const cases = casesOf("desk-lamp", promises, async ({ hold }) => {
 *   await hold(deskLamp());
 *   return "held";
 * });
 * ```
 */
export function casesOf<Promised extends { readonly promise: string }>(
  name: string,
  promised: readonly Promised[],
  run: (one: Promised) => Promise<Verdict>,
): ConformanceCase[] {
  return promised.map((one) => ({
    name: `${name}: ${one.promise}`,
    run: async (context) => {
      const verdict = await run(one);
      if (verdict !== "held") context?.skip(verdict.skipped);
      return verdict;
    },
  }));
}
