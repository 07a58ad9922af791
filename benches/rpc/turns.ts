import type { Ends, Measured } from "./ends.ts";
import type { Workload } from "./load.ts";

/** What each stack did in each round, in turns within every round so that whatever else the machine does hits all alike. */
export async function inTurns(
  stacks: readonly Pick<Ends, "measure">[],
  workload: Workload,
  rounds: number,
): Promise<readonly (readonly Measured[])[]> {
  const seen = stacks.map((): Measured[] => []);
  for (let round = -1; round < rounds; round++) {
    // Each is first as often as last.
    const order = [...stacks.keys()];
    if (round % 2 !== 0) order.reverse();
    for (const index of order) {
      const measured = await stacks[index]!.measure(workload);
      // The first warms up.
      if (round >= 0) seen[index]!.push(measured);
    }
  }
  return seen;
}
