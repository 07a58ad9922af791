// The script a person runs: everything in one process, with one SQLite file.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileVolumes } from "@reeve/file-volumes";
import { schedulerManager } from "@reeve/managers/scheduler";
import { createSupervisor, type StoreBackend, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { volumeManager } from "./manager.ts";

export async function startHost(
  directory: string,
  store: StoreBackend = sqlite({ path: join(directory, "reeve.sqlite") }), // or postgres({ url }), where hosts share one
): Promise<Supervisor> {
  const root = join(directory, "ssd");
  await mkdir(root, { recursive: true }); // a driver never makes its own: an unmounted disk must not look like an empty one

  const supervisor = createSupervisor({
    host: "block-01",
    store,
    log: { level: "warn" },
  });
  supervisor.spawn(schedulerManager);
  supervisor.spawn(volumeManager, { backend: "ssd", driver: fileVolumes({ root }) }); // address block-01@ssd
  supervisor.handleSignals(); // SIGTERM and SIGINT drain and stop, SIGHUP resets; before start, which may wait for a broker
  await supervisor.start(); // resolves when every manager is ready, rejects with what failed
  return supervisor;
}
