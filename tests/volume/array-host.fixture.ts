import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileVolumes } from "@reeve/file-volumes";
import { schedulerManager } from "@reeve/managers/scheduler";
import { volumeManager } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { faultyArray } from "./faulty-array.ts";

// A process with a scheduler and two backends, each of which fails when the file beside its root says so. It says "ready".
const [servers = "", host = "", directory = ""] = process.argv.slice(2);

const supervisor = createSupervisor({
  host,
  transport: nats({ servers, caller: host }),
  trustedForwarders: ["cli"],
  store: sqlite({ path: join(directory, "reeve.sqlite") }),
  log: { level: "silent" },
  capabilityInterval: 50,
});
supervisor.spawn(schedulerManager);
for (const backend of ["bad", "good"]) {
  const root = join(directory, backend);
  mkdirSync(root, { recursive: true });
  supervisor.spawn(volumeManager, {
    backend,
    driver: faultyArray(root, fileVolumes({ root })),
    config: { labels: { media: backend } },
    limits: { probeEvery: "100ms" },
  });
}
await supervisor.start();
supervisor.handleSignals();
process.stdout.write("ready\n");
