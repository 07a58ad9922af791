import { expect } from "vitest";
import { hold } from "../figure.ts";
import type { Verdict } from "./audit.ts";

/** What the checker finds where every promise is kept. */
export const kept: Verdict = {
  lost: [],
  disowned: [],
  twice: [],
  stuck: [],
  dead: [],
  orphans: [],
  stolen: [],
  stale: [],
};

const invariants: Readonly<Record<keyof Verdict, string>> = {
  lost: "acknowledged work lost",
  disowned: "effects of calls that were told not to have run",
  twice: "keys with more than one effect",
  stuck: "rows stuck",
  dead: "durable casts abandoned",
  orphans: "orphan files",
  stolen: "rows with more than one cleaner",
  stale: "writes of an incarnation that might not",
};

/** Holds the checker's findings to nothing, and notes each for the table. */
export function holdAll(fault: string, verdict: Verdict, told = fault): void {
  expect(verdict, told).toEqual(kept);
  for (const [name, invariant] of Object.entries(invariants))
    hold({ fault, invariant, bound: { is: 0 }, figure: verdict[name as keyof Verdict].length });
}
