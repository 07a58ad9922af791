import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { causesOf, lampManager, lamps, untilKnown } from "./lamps.ts";
import { type Block, LoopWatch } from "./loop-watch.ts";

/** What a process says once it knows of everybody. */
export interface Settled {
  /** The longest block of its event loop until then. */
  readonly block: Block;
  /** Processor time until then, of all its threads. */
  readonly cpuMs: number;
  /** Why any of its managers was degraded at that time. */
  readonly causes: readonly string[];
}

// One of several processes: it says that it is loaded, starts when it is told to, and says when it knows of all managers.
const [, , host, servers, path, own, all] = process.argv as string[];
const supervisor = createSupervisor({
  host: host!,
  transport: nats({ servers: servers! }),
  store: sqlite({ path: path! }),
  log: { level: "silent" },
});
for (let index = 0; index < Number(own); index++) supervisor.spawn(lampManager, { backend: `b${index}` });
// As callers that are there from the start have it.
const ref = supervisor.ref(lamps);

process.on("message", async (message) => {
  if (message === "start") process.send!(await start());
  else if (message === "check") process.send!(await answering());
  else void supervisor.stop().then(() => process.exit(0));
});
process.on("disconnect", () => process.exit());
process.send!("loaded");

async function start(): Promise<Settled> {
  const loop = new LoopWatch();
  const before = process.cpuUsage();
  await supervisor.start();
  await untilKnown(ref, Number(all));
  const { user, system } = process.cpuUsage(before);
  const block = loop.longest;
  loop.stop();
  return { block, cpuMs: (user + system) / 1_000, causes: causesOf([supervisor]) };
}

/** How many of them answer. */
async function answering(): Promise<number> {
  const answers = await ref.all().light({});
  return answers.filter(({ status }) => status === "fulfilled").length;
}
