import type { Teller } from "./teller.ts";

/** One thing that an example shows, and proves: `run` throws when it does not hold. */
export interface Step<House> {
  /** For machines. */
  readonly name: string;
  readonly title: string;
  run(house: House, tell: Teller): Promise<void>;
}

/** @throws Error saying what does not hold */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** A busy machine may need a minute for what takes a second. */
const patienceMs = 120_000;
const lookEveryMs = 5;

/**
 * Looks again and again until there is something to return.
 *
 * @throws Error naming what did not come within two minutes
 */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    check(performance.now() < deadline, `waited ${patienceMs / 1_000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
