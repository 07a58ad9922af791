import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileVolumes } from "@reeve/file-volumes";
import { schedulerManager } from "@reeve/managers/scheduler";
import { volumeManager } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { postgres } from "@reeve/postgres";
import { type Clock, createSupervisor } from "@reeve/runtime";
import { systemClock } from "@reeve/runtime/transport";
import { brokenStore } from "./broken-store.ts";
import { courierManager, errandManager } from "./errands.ts";
import type { HostSettings } from "./host-settings.ts";
import { Steps, type Stop, steppedDriver, steppedStore } from "./steps.ts";

// A host of an estate. It says "ready", and is told by lines: "arm kill|pause <step>" (it says "armed"), "taken" (it says
// "taken <steps>"), "memory" (it says "memory <bytes>"), "states" (it says "states" and what each manager is, as JSON). It ends when its input does.
const given = JSON.parse(process.argv[2] ?? "{}") as HostSettings;
const { host, servers, database, directory, storage = true, scheduler = true, cluster, wallSkewMs = 0 } = given;
const { broken, pool = {}, capabilityIntervalMs = 100, errands = false } = given;
const say = (line: string) => process.stdout.write(`${line}\n`);
const folder = (name: string) => {
  const path = join(directory, name);
  mkdirSync(path, { recursive: true });
  return path;
};

const steps = new Steps();
const take = (name: string) => steps.take(name);
const skewed: Clock = { ...systemClock, wallNow: () => systemClock.wallNow() + wallSkewMs };
const { max = 6, acquireTimeoutMs = 15_000 } = pool;
const real = postgres({ url: database, pool: { max, acquireTimeout: acquireTimeoutMs } });

const supervisor = createSupervisor({
  host,
  cluster,
  clock: skewed,
  transport: nats({ servers, caller: host }),
  trustedForwarders: ["*"],
  store: steppedStore(broken === undefined ? real : brokenStore(real, broken, `${host}@nas`), steps),
  capabilityInterval: capabilityIntervalMs,
  log: { level: "info", destination: { path: join(folder("logs"), `${host}.log`) } },
  restart: { maxRestarts: 1_000, initialBackoff: "100ms", maxBackoff: "1s" },
});
if (scheduler) supervisor.spawn(schedulerManager);
const exportDirectory = folder("exports");
if (storage) {
  const driver = steppedDriver(fileVolumes({ root: folder(`${host}-ssd`) }), take);
  const config = { exportDirectory, labels: { media: "ssd", host } };
  supervisor.spawn(volumeManager, { backend: "ssd", cluster: false, driver, config });
}
if (cluster !== undefined) {
  const driver = steppedDriver(fileVolumes({ root: folder("nas"), shared: true }), take);
  supervisor.spawn(volumeManager, {
    backend: "nas",
    driver,
    config: { exportDirectory, labels: { media: "nas" } },
  });
}
if (errands) {
  supervisor.spawn(errandManager);
  supervisor.spawn(courierManager);
}
supervisor.handleSignals();
await supervisor.start();
say("ready");

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [word, stop, ...name] = line.split(" ");
    if (word === "arm") {
      const step = name.join(" ");
      steps.arm(/^\d+$/.test(step) ? Number(step) : step, stop as Stop);
      say("armed");
    }
    if (word === "taken") say(`taken ${steps.taken}`);
    if (word === "states") {
      const states = supervisor.managers().map(({ manager, address, status: { state, phase = "", causes } }) => {
        const reasons = causes.map(({ reason }) => reason);
        return [`${manager}/${address}`, [state, phase, ...reasons].filter(Boolean).join(" ")];
      });
      say(`states ${JSON.stringify(Object.fromEntries(states))}`);
    }
    if (word === "memory") {
      globalThis.gc?.();
      say(`memory ${process.memoryUsage().heapUsed}`);
    }
  })
  .on("close", () => process.exit(2));
