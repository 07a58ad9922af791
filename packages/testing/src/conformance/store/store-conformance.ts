import { type ConformanceCase, casesOf, type Verdict } from "@reeve/driver-sdk/conformance";
import { boundaries } from "./boundaries.ts";
import { later } from "./later.ts";
import { life } from "./life.ts";
import { queries } from "./queries.ts";
import { rows } from "./rows.ts";
import { schema } from "./schema.ts";
import type { StoreCase } from "./store-case.ts";
import { type StoreCandidate, StoreRig } from "./store-rig.ts";
import { transactions } from "./transactions.ts";

export interface StoreConformanceOptions {
  /** Begins every case's name. */
  readonly name: string;
  /** An empty database; called for every case, by some more than once. */
  readonly make: () => StoreCandidate | Promise<StoreCandidate>;
  /** How long anything is waited for, in milliseconds; only a broken adapter takes so long. Default 10,000. */
  readonly boundMs?: number;
}

const everyCase: readonly StoreCase[] = [
  ...rows,
  ...transactions,
  ...later,
  ...queries,
  ...boundaries,
  ...schema,
  ...life,
];

/**
 * The cases that hold a database adapter to the promises of the store's port, for any test runner. How one survives kill -9 and
 * power loss is for its own tests.
 *
 * @example
 * ```ts
 * import { sqlite } from "@reeve/runtime/sqlite";
 * import { storeConformance } from "@reeve/testing/conformance";
 * import { test } from "vitest";
 *
 * const make = () => ({ backend: sqlite({ path: ":memory:" }), lasting: false });
 * for (const { name, run } of storeConformance({ name: "memory", make })) test(name, run);
 * ```
 */
export function storeConformance(options: StoreConformanceOptions): ConformanceCase[] {
  return casesOf(options.name, everyCase, (storeCase) => runCase(storeCase, options));
}

async function runCase(
  { hold, lasting = false }: StoreCase,
  { make, boundMs = 10_000 }: StoreConformanceOptions,
): Promise<Verdict> {
  const rig = new StoreRig(async () => make(), boundMs);
  try {
    if (lasting && (await rig.candidate()).lasting === false) return { skipped: "the database ends with its process" };
    await hold(rig);
    return "held";
  } finally {
    await rig.close();
  }
}
