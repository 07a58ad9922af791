import type { Figure } from "./figure.ts";
import { goals } from "./goals.ts";

export interface Verdict {
  /** `≥ 4`; empty where the design sets none. */
  readonly goal: string;
  readonly met: boolean | undefined;
}

export function verdictOn({ id, ours, ratio }: Figure): Verdict {
  const goal = goals[id];
  const value = goal?.of === "ratio" ? ratio : ours;
  if (!goal || value === null) return { goal: "", met: undefined };
  const { atLeast, atMost } = goal;
  if (atLeast !== undefined) return { goal: `≥ ${atLeast}`, met: value >= atLeast };
  return { goal: `≤ ${atMost}`, met: value <= atMost! };
}
