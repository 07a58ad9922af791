import { mkdirSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileVolumes } from "@reeve/file-volumes";
import { schedulerManager } from "@reeve/managers/scheduler";
import { volumeManager, volumes } from "@reeve/managers/volume";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Word } from "./second-process.ts";

const mebibytes = 96;
const [, , directory = "."] = process.argv;
const root = join(directory, "disk");
mkdirSync(root, { recursive: true });

const supervisor = createSupervisor({
  host: "other",
  store: sqlite({ path: join(directory, "reeve.sqlite") }),
  log: { destination: { path: join(directory, "reeve.log") } },
});
supervisor.spawn(schedulerManager);
supervisor.spawn(volumeManager, { driver: fileVolumes({ root }) });
supervisor.handleSignals();
await supervisor.start();

const volume = supervisor.ref(volumes);
const { items } = await volume.list({});
say({
  event: "ready",
  volumes: items.map(({ name, status, fault }) => ({ name, status, why: fault?.message ?? "" })),
  files: readdirSync(root).filter((name) => !name.startsWith(".reeve-")).length,
});

const commands = createInterface(process.stdin);
commands.on("line", (command) => void copy(command === "copy halfway"));
// Nobody is left to talk to.
commands.on("close", () => void supervisor.stop());

async function copy(halfway: boolean): Promise<void> {
  const source = items.find(({ name }) => name === "source") ?? (await makeSource());
  const copying = volume.copy({ id: source.id, name: "copy" });
  for await (const { percent } of copying) {
    say({ event: "progress", percent });
    if (halfway && percent > 0) standStill();
  }
  const { status } = await copying.result;
  say({ event: "copied", status });
}

async function makeSource() {
  const source = await volume.create({ name: "source", sizeGiB: mebibytes / 1024 });
  const { path } = await volume.connect({ id: source.id });
  await using file = await open(path, "r+");
  const chunk = Buffer.alloc(2 ** 20, "reeve");
  for (let at = 0; at < mebibytes; at++) await file.write(chunk, 0, chunk.length, at * chunk.length);
  return source;
}

/** Whoever wants to kill it has ten seconds, in which this process does nothing at all. */
function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
}

function say(word: Word): void {
  process.stdout.write(`${JSON.stringify(word)}\n`);
}
