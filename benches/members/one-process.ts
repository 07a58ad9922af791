import { createSupervisor, inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { causesOf, lampManager, lamps, untilKnown } from "./lamps.ts";
import { type Block, LoopWatch } from "./loop-watch.ts";

const hosts = 20;
const managersEach = 50;
const idleMs = 10_000;

/** What one process with many hosts does. */
export interface OneProcess {
  /** From the start of the first until all know all, in seconds. */
  readonly seconds: number;
  readonly block: Block;
  readonly cpuMs: number;
  /** Processor time afterwards, as a share of one core, in percent. */
  readonly idlePercent: number;
}

/**
 * 20 hosts of 50 managers in this process, on one in-process transport: all started at once, and then left alone.
 *
 * @throws Error when one of them is degraded afterwards
 */
export async function oneProcess(): Promise<OneProcess> {
  const hub = inProcess();
  const supervisors = Array.from({ length: hosts }, (_, index) => {
    const host = `host-${index}`;
    const store = sqlite({ path: ":memory:" });
    const supervisor = createSupervisor({
      host,
      transport: hub.client({ caller: host }),
      store,
      log: { level: "silent" },
    });
    for (let backend = 0; backend < managersEach; backend++) supervisor.spawn(lampManager, { backend: `b${backend}` });
    return supervisor;
  });
  const refs = supervisors.map((supervisor) => supervisor.ref(lamps));
  const loop = new LoopWatch();
  const begun = performance.now();
  const before = process.cpuUsage();
  await Promise.all(supervisors.map((supervisor) => supervisor.start()));
  for (const ref of refs) await untilKnown(ref, hosts * managersEach);
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const block = loop.longest;
  const idleFrom = process.cpuUsage();
  const idleSince = performance.now();
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const idle = process.cpuUsage(idleFrom);
  const idlePercent = (idle.user + idle.system) / 10 / (performance.now() - idleSince);
  loop.stop();
  const causes = causesOf(supervisors);
  await Promise.all(supervisors.map((supervisor) => supervisor.stop()));
  if (causes.length > 0) throw new Error(`some are degraded: ${causes.join(", ")}`);
  return { seconds, block, cpuMs: (user + system) / 1_000, idlePercent };
}
