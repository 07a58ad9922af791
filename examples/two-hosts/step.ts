import { speak } from "./word.ts";

/** A busy machine may need a minute for what takes a second. */
const patienceMs = 120_000;
const lookEveryMs = 20;

export function say(line: string): void {
  speak({ event: "said", line });
}

/** One thing shown and proved: `run` throws when it does not hold, and the process ends with it. */
export async function step(name: string, run: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  const ms = () => Math.round(performance.now() - startedAt);
  try {
    await run();
    speak({ event: "step", name, ok: true, ms: ms() });
  } catch (error) {
    speak({ event: "step", name, ok: false, ms: ms(), why: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}

/** @throws Error saying what does not hold */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/**
 * Looks again and again until there is something to return. What a look throws counts as nothing yet.
 *
 * @throws Error naming what did not come within two minutes
 */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const seen = await look().catch(() => undefined);
    if (seen !== undefined) return seen;
    check(performance.now() < deadline, `waited ${patienceMs / 1_000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
