import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isError, type Ref } from "@reeve/contract";
import { createSupervisor, type StoreBackend } from "@reeve/runtime";
import { seededRandom } from "@reeve/testing";
import { granary } from "./granary.ts";
import { granaryDisk } from "./granary-disk.ts";
import { granaryManager } from "./granary-manager.ts";
import { type Mark, Promises } from "./marks.ts";
import type { LifeSettings } from "./recording.ts";

// One life of a process with a granary, which marks in the shim's log what it was told when it was. It ends by a stop, or as
// after kill -9.
const { directory, life, sacks, outstanding, ends, checkpointFrames, outlastsFailure } = JSON.parse(
  process.argv[2] ?? "{}",
) as LifeSettings;
const random = seededRandom(life);
const marks = openSync(join(directory, "marks"), "w");
const promises = new Promises();
const mark = (made: Mark) => {
  if (promises.add(made)) writeSync(marks, JSON.stringify(made));
};

const mendsWithinMs = 60_000;
let failed = false;
const mended = Promise.withResolvers<void>();
const disk = granaryDisk(directory, checkpointFrames);
const watched: StoreBackend = {
  async open(options) {
    const connections = await disk.open(options);
    connections.health.onChange((fault) => {
      if (fault && ends === "failure") process.kill(process.pid, "SIGKILL");
      if (fault) failed = true;
      else mended.resolve();
    });
    return connections;
  },
};

const supervisor = createSupervisor({
  host: "barn",
  store: watched,
  log: { level: "silent" },
});
const { address } = supervisor.spawn(granaryManager((sack) => mark({ told: "shown", sack })));
await supervisor.start();
const ref: Ref<typeof granary> = supervisor.ref(granary);

let begun = 0;
let restarts = 0;
await work(() => begun < sacks);
if (outlastsFailure) await outlast();
if (ends === "stop") await supervisor.stop();
process.kill(process.pid, "SIGKILL");

/** How many syncs a number of sacks takes depends on how busy the machine is. */
async function outlast(): Promise<void> {
  const most = begun + 10 * sacks;
  await work(() => !failed && begun < most);
  if (!failed) throw new Error(`no sync has failed, with ${begun} sacks`);
  const tooLong = pause(mendsWithinMs).then(() => {
    throw new Error(`the store has not mended itself within ${mendsWithinMs} ms`);
  });
  await Promise.race([mended.promise, tooLong]);
  const last = begun + outstanding;
  await work(() => begun < last);
}

async function work(goesOn: () => boolean): Promise<void> {
  await Promise.all(Array.from({ length: outstanding }, () => workAlone(goesOn)));
}

async function workAlone(goesOn: () => boolean): Promise<void> {
  while (goesOn()) {
    const id = `${life}-${begun++}`;
    if (begun === Math.floor(sacks / 2) && restarts++ === 0) supervisor.kill("granary", address);
    // Where it fails, nothing is promised: its incarnation was ended meanwhile, or a sync failed.
    await tend(id).catch(() => undefined);
  }
}

async function tend(id: string): Promise<void> {
  await Promise.all([store(id), peek(id), look(), count()]);
  if (random() < 0.5) mark({ told: "acknowledged", sack: await ref.move({ id }) });
  if (random() < 0.3) {
    mark({ told: "acknowledged", counts: await ref.take({ id }) });
    mark({ told: "acknowledged", taken: id });
  }
}

/**
 * Under its key until there is an answer: a store that has failed mends itself. Work that it left begun and not run is recovered a
 * minute later, which is not waited for.
 *
 * @throws Error where there was no answer: nobody may move or take the sack then, which may not be stored
 */
async function store(id: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const sack = await ref.store({ id }, { idempotencyKey: id }).catch(() => undefined);
    if (sack) return mark({ told: "acknowledged", sack });
    await pause(100);
  }
  throw new Error(`storing ${id} has no answer`);
}

async function look(): Promise<void> {
  if (random() < 0.6) return;
  const seen = await ref.look({});
  for (const sack of seen.sacks) mark({ told: "shown", sack });
  mark({ told: "shown", counts: seen.counts });
}

async function count(): Promise<void> {
  if (random() < 0.5) mark({ told: "shown", counts: await ref.count({}) });
}

async function peek(id: string): Promise<void> {
  try {
    await ref.refuse({ id });
  } catch (error) {
    if (isError(error, granary, "refuse", "SEEN")) mark({ told: "shown", sack: error.data });
  }
}
