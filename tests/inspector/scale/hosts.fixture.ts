import { setImmediate, setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { inspector } from "@reeve/inspector";
import { nats } from "@reeve/nats";
import { createSupervisor, type Supervisor } from "@reeve/runtime";
import { hosts as hostContract } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import type { HostsAnswer, HostsQuestion } from "./fleet.ts";
import { workerManager, workers } from "./workers.ts";

// Several hosts of a fleet in one process, which does what its parent asks.
const text = { type: "string" } as const;
const { servers, hosts, first, of, managers, token } = parseArgs({
  options: { servers: text, hosts: text, first: text, of: text, managers: text, token: text },
}).values;
const tickMs = 20;
/** How many others one call has work. */
const handed = 10;
/** On a machine that is too slow fewer calls are made: they do not pile up. */
const mostOutstanding = 100;

const supervisors = Array.from({ length: Number(hosts) }, (_, index) => {
  const supervisor = createSupervisor({
    host: `block-${Number(first) + index}`,
    transport: nats({ servers: servers! }),
    trustedForwarders: ["block-*"],
    remoteOperators: { roles: ["operator"] },
    store: sqlite({ path: ":memory:" }),
    log: { level: "silent", destination: { write() {} } },
    ...(token !== undefined && index === 0 ? { inspector: inspector({ port: 0, token }) } : {}),
  });
  for (let backend = 0; backend < Number(managers); backend++)
    supervisor.spawn(workerManager, { backend: `w${backend}` });
  return supervisor;
});
const refs = supervisors.map((supervisor) => supervisor.ref(workers));
await Promise.all(supervisors.map((supervisor) => supervisor.start()));

let settled = 0;
let failed = 0;
let outstanding = 0;
let perSecond = 0;
let owed = 0;
let lastAt = performance.now();
let before = process.cpuUsage();
let beforeAt = performance.now();

setInterval(() => {
  const now = performance.now();
  owed = Math.min(owed + ((now - lastAt) / 1_000) * perSecond, perSecond);
  lastAt = now;
  for (; owed >= handed && outstanding < mostOutstanding; owed -= handed) hand();
}, tickMs);

/** One of our managers has others on other hosts work, one after the other. */
function hand(): void {
  const own = Math.floor(Math.random() * Number(hosts));
  const to = Array.from({ length: handed }, () => {
    const step = 1 + Math.floor(Math.random() * (Number(of) - 1));
    return addressOf((Number(first) + own + step) % Number(of));
  });
  outstanding += 1;
  refs[own]!.at(addressOf(Number(first) + own))
    .hand({ to })
    .finally(() => {
      outstanding -= 1;
    })
    .then(
      () => {
        settled += handed;
      },
      (error: Error) => {
        failed += 1;
        if (failed % 1_000 === 1) console.error(error.message);
      },
    );
}

function addressOf(host: number): string {
  return `block-${host}@w${Math.floor(Math.random() * Number(managers))}`;
}

/** What nobody can reach any more is collected before it is measured. */
async function memory(): Promise<{ heapBytes: number; rssBytes: number }> {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, rssBytes: rss };
}

async function log(supervisor: Supervisor): Promise<void> {
  const operator = supervisor.as({ user: "ada", roles: ["operator"] });
  await operator.ref(hostContract).at(supervisor.host).setLogLevel({ level: "info" });
}

async function answer(question: HostsQuestion): Promise<HostsAnswer> {
  if (question.perSecond !== undefined) perSecond = question.perSecond;
  for (let held = 0; held < (question.hold ?? 0); held++)
    for (const [index, ref] of refs.entries())
      ref
        .at(`block-${Number(first) + index}@w${held % Number(managers)}`)
        .hold({})
        .catch(() => undefined);
  if (question.log) await Promise.all(supervisors.map(log));
  if (question.atRest) {
    [perSecond, owed] = [0, 0];
    while (outstanding > 0) await setTimeout(tickMs);
  }
  const now = performance.now();
  const { user, system } = process.cpuUsage(before);
  const figures = { settled, failed, cores: (user + system) / 1_000 / (now - beforeAt), ...(await memory()) };
  before = process.cpuUsage();
  beforeAt = now;
  [settled, failed] = [0, 0];
  return { inspectorUrl: supervisors[0]!.inspectorUrl, ...figures };
}

process.on("message", (question: HostsQuestion) => void answer(question).then((told) => process.send!(told)));
process.on("disconnect", () => process.exit());
process.send!("ready");
