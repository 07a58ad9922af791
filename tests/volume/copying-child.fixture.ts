import { open } from "node:fs/promises";
import { join } from "node:path";
import { fileVolumes } from "@reeve/file-volumes";
import { schedulerManager } from "@reeve/managers/scheduler";
import { volumeManager, volumes } from "@reeve/managers/volume";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";

/** Copies a large volume, says how far it is, and stands still then: it is killed in the middle for certain. */
const directory = process.argv[2]!;
const mebibytes = 128;

const supervisor = createSupervisor({
  host: "host",
  store: sqlite({ path: join(directory, "reeve.sqlite") }),
  log: { level: "silent" },
});
supervisor.spawn(schedulerManager);
supervisor.spawn(volumeManager, { backend: "ssd", driver: fileVolumes({ root: join(directory, "ssd") }) });
await supervisor.start();

const volume = supervisor.ref(volumes);
const { id } = await volume.create({ name: "source", sizeGiB: mebibytes / 1024 });
const { path } = await volume.connect({ id });
await volume.disconnect({ id });
const file = await open(path, "r+");
for (let at = 0; at < mebibytes; at++) await file.write(Buffer.alloc(2 ** 20, at + 1), 0, 2 ** 20, at * 2 ** 20);
await file.close();
for await (const { percent } of volume.copy({ id, name: "twin" })) {
  process.stdout.write(`${percent}\n`);
  if (percent > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
}
