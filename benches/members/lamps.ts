import { call, contract, type Ref } from "@reeve/contract";
import { defineManager, type Supervisor } from "@reeve/runtime";
import { z } from "zod";

/** The cheapest manager there is: what is measured is that others know of it. */
export const lamps = contract("lamp", "1.0", {
  light: call({ input: z.object({}), output: z.string(), idempotent: true }),
});
export const lampManager = defineManager({
  contract: lamps,
  setup: ({ address }) => ({ operations: { light: () => address } }),
});

/** What a ref of the runtime's knows, beyond its type: who can be called at the moment. */
interface Knowing {
  readonly $: { readonly targets: Iterable<{ readonly canServe: boolean }> };
}

function knownLamps(ref: Ref<typeof lamps>): number {
  const { targets } = (ref as unknown as Knowing).$;
  let serving = 0;
  for (const { canServe } of targets) if (canServe) serving += 1;
  return serving;
}

/** Resolves when whoever holds the ref knows of so many that serve. */
export async function untilKnown(ref: Ref<typeof lamps>, count: number): Promise<void> {
  while (knownLamps(ref) < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Why any of their managers is degraded. */
export function causesOf(supervisors: readonly Supervisor[]): readonly string[] {
  const reasons = supervisors.flatMap((supervisor) =>
    supervisor.managers().flatMap(({ status }) => status.causes.map(({ reason }) => reason)),
  );
  return [...new Set(reasons)];
}
