import type { ConformanceCase, Verdict } from "../conformance-case.ts";
import { abilities } from "./abilities.ts";
import { concurrency } from "./concurrency.ts";
import { crowded } from "./crowded.ts";
import { deviceRestart } from "./device-restart.ts";
import { foreign } from "./foreign.ts";
import { generations } from "./generations.ts";
import { interruption } from "./interruption.ts";
import { isolation } from "./isolation.ts";
import { mtu } from "./mtu.ts";
import type { NetworkCase } from "./network-case.ts";
import type { MakeNetworkBackend, NetworkBackend } from "./network-device.ts";
import { NetworkRig } from "./network-rig.ts";
import { reach } from "./reach.ts";
import { refusals } from "./refusals.ts";
import { repetition } from "./repetition.ts";
import { statistics } from "./statistics.ts";

export interface NetworkConformanceOptions {
  /** Begins every case's name. */
  readonly name: string;
  /** A driver on a device without anything of its own; called for every case, and for no name. */
  readonly make: MakeNetworkBackend;
  /** Bound of every call. Default 30,000. */
  readonly callTimeoutMs?: number;
  /** How many ports there are at most. Default 1,000. */
  readonly crowd?: number;
  /** Bound of listing them. Default 2,000. */
  readonly listWithinMs?: number;
}

const everyCase: readonly NetworkCase[] = [
  ...repetition,
  ...generations,
  ...refusals,
  ...mtu,
  ...statistics,
  ...concurrency,
  ...foreign,
  ...isolation,
  ...reach,
  ...deviceRestart,
  ...abilities,
  ...interruption,
  ...crowded,
];

/**
 * The cases that hold a network driver to the promises of its port, for any test runner. Names are the same for every device.
 *
 * @example
 * ```ts
 * for (const { name, run } of networkConformance({ name: "linux-net", make })) test(name, run);
 * ```
 */
export function networkConformance(options: NetworkConformanceOptions): ConformanceCase[] {
  return everyCase.map((networkCase) => ({
    name: `${options.name}: ${networkCase.promise}`,
    run: async (context) => {
      const verdict = await runCase(networkCase, options);
      if (verdict !== "held") context?.skip(verdict.skipped);
      return verdict;
    },
  }));
}

async function runCase(
  { hold, needs = [], hands = [] }: NetworkCase,
  { make, callTimeoutMs = 30_000, crowd = 1_000, listWithinMs = 2_000 }: NetworkConformanceOptions,
): Promise<Verdict> {
  const backend: NetworkBackend = await make();
  try {
    const { driver, device } = backend;
    const lacking = needs.filter((ability) => !driver.abilities.includes(ability));
    if (lacking.length > 0) return { skipped: `the driver does not offer ${lacking.join(" and ")}` };
    const missing = hands.map((hand) => device[hand]).find((hand) => typeof hand === "string");
    if (missing !== undefined) return { skipped: missing };
    const rig = await NetworkRig.open(backend, { callTimeoutMs, crowd, listWithinMs });
    try {
      await hold(rig);
    } finally {
      await rig.close();
    }
    return "held";
  } finally {
    await backend.dispose?.();
  }
}
