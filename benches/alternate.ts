import { setImmediate } from "node:timers/promises";
import { median } from "./median.ts";

/** Calls a number of times; how is the workload's business. */
export type Load = (calls: number) => Promise<void>;

/** Calls between two looks at the clock, each followed by a turn of the event loop: timers and collectors have their share. */
const batch = 5_120;

const warmUpMs = 1_000;

/**
 * Calls per second of each, measured in turns so that whatever else the machine does hits all of them alike. A warm-up
 * goes before.
 */
export async function alternate<Name extends string>(
  loads: Readonly<Record<Name, Load>>,
  { rounds, roundMs }: { readonly rounds: number; readonly roundMs: number },
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(loads) as Name[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (const name of names) await rate(loads[name], warmUpMs);
  for (let round = 0; round < rounds; round++) {
    // Each is first as often as last.
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) rates[name].push(await rate(loads[name], roundMs));
  }
  return rates;
}

/** The median of the rounds' own ratios: what disturbs one round disturbs both sides of it. */
export function ratioOf(ours: readonly number[], peer: readonly number[]): number {
  return median(ours.map((rate, round) => rate / peer[round]!));
}

async function rate(load: Load, roundMs: number): Promise<number> {
  const begun = performance.now();
  let calls = 0;
  let elapsed = 0;
  while (elapsed < roundMs) {
    await load(batch);
    calls += batch;
    await setImmediate();
    elapsed = performance.now() - begun;
  }
  return (calls / elapsed) * 1_000;
}
