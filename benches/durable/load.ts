import { watchLoop } from "./loop-delay.ts";

/** One durable piece of work, acknowledged when it is finished on disk. */
export type Create = (id: string) => Promise<void>;

export interface Outcome {
  readonly createsPerSecond: number;
  /** What 99 of 100 timers of the process waited beyond their time, ms. */
  readonly loopP99Ms: number;
  /** What the loop's thread worked for each create, us. */
  readonly cpuUsPerCreate: number;
}

export const outstanding = 64;

/** Callers that create one thing after the other, until the time is over. @throws whatever a create fails with */
export async function run(create: Create, prefix: string, forMs: number): Promise<Outcome> {
  const cpu = process.threadCpuUsage();
  const loop = watchLoop();
  const begun = performance.now();
  let created = 0;
  const caller = async () => {
    while (performance.now() - begun < forMs) await create(`${prefix}-${created++}`);
  };
  await Promise.all(Array.from({ length: outstanding }, caller));
  const elapsedMs = performance.now() - begun;
  const loopP99Ms = loop.end();
  const { user, system } = process.threadCpuUsage(cpu);
  return { createsPerSecond: (created / elapsedMs) * 1_000, loopP99Ms, cpuUsPerCreate: (user + system) / created };
}
