import assert from "node:assert/strict";
import { networkDriver } from "../../network/index.ts";
import { type ConformanceCase, casesOf, type Verdict } from "../conformance-case.ts";
import { abilities } from "./abilities.ts";
import { concurrency } from "./concurrency.ts";
import { crowded } from "./crowded.ts";
import { deviceRestart } from "./device-restart.ts";
import { foreign } from "./foreign.ts";
import { generations } from "./generations.ts";
import { interruption } from "./interruption.ts";
import { isolation } from "./isolation.ts";
import { mtu } from "./mtu.ts";
import type { NetworkAbility, NetworkCase, OptionalHand } from "./network-case.ts";
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
  /**
   * Abilities and hands that the driver and its device lack: their cases are not made, and one more case holds that exactly
   * these are lacking. Default: every case is made, and one that lacks something is skipped with the reason.
   */
  readonly without?: readonly (NetworkAbility | OptionalHand)[];
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

const optionalHands: readonly OptionalHand[] = ["shared", "strangePoint", "unreachable", "fill"];

/** A driver that loses an ability must not lose its cases by that. */
const nothingElseIsLacking = (without: readonly string[]): NetworkCase => ({
  promise: "the driver and its device have all that they are said to have",
  async hold({ driver, device }) {
    const abilities = Object.keys(networkDriver.abilities).filter((ability) => !(ability in driver));
    const hands = optionalHands.filter((hand) => typeof device[hand] === "string");
    assert.deepEqual([...abilities, ...hands].sort(), [...without].sort(), "what is lacking");
  },
});

/**
 * The cases that hold a network driver to the promises of its port, for any test runner. Names do not depend on the device.
 *
 * @example
 * ```ts
 * for (const { name, run } of networkConformance({ name: "linux-net", make })) test(name, run);
 * ```
 */
export function networkConformance(options: NetworkConformanceOptions): ConformanceCase[] {
  const { without } = options;
  const lacks = ({ needs = [], hands = [] }: NetworkCase) =>
    [...needs, ...hands].some((part) => without?.includes(part));
  const cases = without
    ? [nothingElseIsLacking(without), ...everyCase.filter((networkCase) => !lacks(networkCase))]
    : everyCase;
  return casesOf(options.name, cases, (networkCase) => runCase(networkCase, options));
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
