import { type ConformanceCase, casesOf, type Verdict } from "@reeve/driver-sdk/conformance";
import { delivery } from "./delivery.ts";
import { handlers } from "./handlers.ts";
import { identity } from "./identity.ts";
import { link } from "./link.ts";
import { replies } from "./replies.ts";
import { subjects } from "./subjects.ts";
import type { TransportCase } from "./transport-case.ts";
import { type TransportBackend, TransportRig } from "./transport-rig.ts";

export interface TransportConformanceOptions {
  /** Begins every case's name. */
  readonly name: string;
  /** A broker, or another hold on one that runs; called for every case. Cases use subjects of their own. */
  readonly make: () => TransportBackend | Promise<TransportBackend>;
  /** How long anything is waited for, in milliseconds; only a broken transport takes so long. Default 10,000. */
  readonly boundMs?: number;
}

const everyCase: readonly TransportCase[] = [...delivery, ...subjects, ...replies, ...handlers, ...link, ...identity];

/**
 * The cases that hold a transport to the promises of its port, for any test runner.
 *
 * @example
 * ```ts
 * import { inProcess } from "@reeve/runtime";
 * import { transportConformance } from "@reeve/testing/conformance";
 * import { test } from "vitest";
 *
 * const make = () => {
 *   const hub = inProcess();
 *   return { client: (caller?: string) => hub.client({ caller }) };
 * };
 * for (const { name, run } of transportConformance({ name: "in process", make })) test(name, run);
 * ```
 */
export function transportConformance(options: TransportConformanceOptions): ConformanceCase[] {
  return casesOf(options.name, everyCase, (transportCase) => runCase(transportCase, options));
}

async function runCase(
  { hold, skipped }: TransportCase,
  { make, boundMs = 10_000 }: TransportConformanceOptions,
): Promise<Verdict> {
  const backend = await make();
  const rig = new TransportRig(backend, boundMs);
  try {
    const reason = skipped?.(rig);
    if (reason !== undefined) return { skipped: reason };
    await hold(rig);
    return "held";
  } finally {
    await rig.close();
    await backend.dispose?.();
  }
}
