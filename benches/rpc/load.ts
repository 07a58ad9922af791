import { setImmediate } from "node:timers/promises";
import { payloadOf } from "./payload.ts";
import { type Echo, subjects } from "./stack.ts";

export interface Workload {
  /** Calls outstanding at any time, or calls a second whatever happens to those before. */
  readonly outstanding?: number;
  readonly perSecond?: number;
  readonly forMs: number;
  readonly bytes: number;
  /** To all subjects in turn. Default: to the first of them. */
  readonly spread?: boolean;
}

/** What one process saw of one workload. */
export interface Outcome {
  readonly callsPerSecond: number;
  readonly calls: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
}

const maxCalls = 2_000_000;

/** @throws whatever a call fails with, and Error when an answer is not what was sent */
export async function run(echo: Echo, workload: Workload): Promise<Outcome> {
  const { bytes, forMs, spread = false, outstanding, perSecond } = workload;
  const payload = payloadOf(bytes);
  const latencies = new Float64Array(maxCalls);
  const begun = performance.now();
  const end = begun + forMs;
  let made = 0;
  let done = 0;
  const call = async (since: number) => {
    const subject = spread ? made % subjects : 0;
    made++;
    const { text } = await echo(payload, subject);
    if (text.length !== payload.text.length)
      throw new Error(`${text.length} bytes came back of ${payload.text.length}`);
    latencies[done++] = performance.now() - since;
  };
  if (outstanding !== undefined) {
    const caller = async () => {
      for (let now = begun; now < end && made < maxCalls; now = performance.now()) await call(now);
    };
    await Promise.all(Array.from({ length: outstanding }, caller));
  } else await openLoop(call, perSecond!, begun, end);
  const elapsedMs = performance.now() - begun;
  const sorted = latencies.subarray(0, done).sort();
  const percentileUs = (share: number) => sorted[Math.min(done - 1, Math.floor(done * share))]! * 1_000;
  return {
    calls: done,
    callsPerSecond: (done / elapsedMs) * 1_000,
    p50Us: percentileUs(0.5),
    p99Us: percentileUs(0.99),
    p999Us: percentileUs(0.999),
  };
}

/**
 * Every call is made at its own time and its latency counted from there, however late it left: a stack that falls behind
 * cannot hide it. The loop spins, since timers would make bursts of them.
 */
async function openLoop(call: (since: number) => Promise<void>, perSecond: number, begun: number, end: number) {
  const underWay: Promise<void>[] = [];
  const gapMs = 1_000 / perSecond;
  for (let due = begun; due < end; await setImmediate()) {
    const now = performance.now();
    for (; due <= now && due < end; due += gapMs) underWay.push(call(due));
  }
  await Promise.all(underWay);
}
