import { clones } from "./clones.ts";
import { concurrency } from "./concurrency.ts";
import { type ConformanceCase, casesOf, type Verdict } from "./conformance-case.ts";
import { fencing } from "./fencing.ts";
import { fullDevice } from "./full-device.ts";
import { images } from "./images.ts";
import { interruption } from "./interruption.ts";
import { lateFinisher } from "./late-finisher.ts";
import { refusals } from "./refusals.ts";
import { restart } from "./restart.ts";
import { snapshots } from "./snapshots.ts";
import { statistics } from "./statistics.ts";
import type { VolumeCase } from "./volume-case.ts";
import { volumeLife } from "./volume-life.ts";
import { type MakeBackend, type VolumeBackend, VolumeRig } from "./volume-rig.ts";

export interface VolumeConformanceOptions {
  /** Begins every case's name. */
  readonly name: string;
  /** A driver on an empty device; called for every case. */
  readonly make: MakeBackend;
  /** The same on an empty device that holds less than twice `fillBytes`, or the reason why there is none. Without it the cases of a full device are skipped. */
  readonly makeSmall?: MakeBackend | string;
  /** How many bytes fit on the small device, with little to spare. Default 8 MiB. */
  readonly fillBytes?: number;
  /** The smallest volume the driver makes. Default 1/64 (16 MiB). */
  readonly sizeGiB?: number;
  /** Bound of every call. Default 30,000. */
  readonly callTimeoutMs?: number;
}

const everyCase: readonly VolumeCase[] = [
  ...volumeLife,
  ...refusals,
  ...concurrency,
  ...statistics,
  ...restart,
  ...snapshots,
  ...clones,
  ...images,
  ...interruption,
  ...lateFinisher,
  ...fullDevice,
  ...fencing,
];

/**
 * The cases that hold a volume driver to the promises of its port, for any test runner:
 *
 * `for (const { name, run } of volumeConformance({ name: "…", make })) test(name, run);`
 *
 * @example
 * ```ts
 * const make = async () => ({ driver: myArray({ url: "https://array.test", pool: await emptyPool() }) });
 * for (const { name, run } of volumeConformance({ name: "my-array", make })) test(name, run);
 * ```
 */
export function volumeConformance(options: VolumeConformanceOptions): ConformanceCase[] {
  return casesOf(options.name, everyCase, (volumeCase) => runCase(volumeCase, options));
}

async function runCase(
  { hold, needs = [], needsFence = false, onSmallDevice = false }: VolumeCase,
  options: VolumeConformanceOptions,
): Promise<Verdict> {
  const make = onSmallDevice ? (options.makeSmall ?? "no makeSmall was given") : options.make;
  if (typeof make === "string") return { skipped: make };
  const backend: VolumeBackend = await make();
  try {
    const lacking = needs.filter((ability) => !backend.driver.abilities.includes(ability));
    if (lacking.length > 0) return { skipped: `the driver does not offer ${lacking.join(" and ")}` };
    if (needsFence && !backend.driver.fences) return { skipped: "the driver does not fence" };
    const { sizeGiB = 1 / 64, fillBytes = 8 * 2 ** 20, callTimeoutMs = 30_000 } = options;
    const rig = await VolumeRig.open(backend.driver, { sizeGiB, fillBytes, callTimeoutMs });
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
