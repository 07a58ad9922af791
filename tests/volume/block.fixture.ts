import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileVolumes } from "@reeve/file-volumes";
import { volumeManager } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { sizedDevice } from "./sized-device.ts";

// A process with one volume manager on a device of so many MiB. Its store and its images lie on one disk: a directory.
const [servers = "", host = "", disk = "", totalMiB = ""] = process.argv.slice(2);
const root = join(disk, "images");
mkdirSync(root, { recursive: true });
const supervisor = createSupervisor({
  host,
  transport: nats({ servers, caller: host }),
  trustedForwarders: ["control-*"],
  store: sqlite({ path: join(disk, "store.sqlite") }),
  capabilityInterval: 100,
  log: { level: "silent" },
});
supervisor.spawn(volumeManager, {
  backend: "ssd",
  driver: sizedDevice(Number(totalMiB), "full")(fileVolumes({ root })),
});
await supervisor.start();
process.stdout.write("ready\n");
