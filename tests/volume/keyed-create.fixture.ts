import { join } from "node:path";
import { fileVolumes } from "@reeve/file-volumes";
import { schedulerManager } from "@reeve/managers/scheduler";
import { volumeManager, volumes } from "@reeve/managers/volume";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type KillPoint, killingStore } from "./killing-store.ts";
import { SteeredDriver } from "./steered-driver.ts";

/** Creates a volume under a key, and is killed at the point that it is told. Says "answered" when it gets that far. */
const [directory = "", point = "{}"] = process.argv.slice(2);
const at = JSON.parse(point) as KillPoint;

const { store, arm } = killingStore(sqlite({ path: join(directory, "reeve.sqlite") }), at);
const steered = new SteeredDriver(fileVolumes({ root: join(directory, "ssd") }));
const supervisor = createSupervisor({ host: "host", store, log: { level: "silent" }, capabilityInterval: 50 });
supervisor.spawn(schedulerManager);
supervisor.spawn(volumeManager, { backend: "ssd", driver: steered.driver });
await supervisor.start();

if ("driver" in at) {
  steered.fail("create", at.driver, () => {
    process.kill(process.pid, "SIGKILL");
    // It is not gone at once.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    return new Error("never thrown");
  });
}
arm();
await supervisor.ref(volumes).create({ name: "v", sizeGiB: 1 / 1024 }, { idempotencyKey: "k1" });
process.stdout.write("answered\n");
process.kill(process.pid, "SIGKILL");
