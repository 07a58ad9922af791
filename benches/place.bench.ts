import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Ref } from "@reeve/contract";
import { scheduler, schedulerManager } from "@reeve/managers/scheduler";
import { postgres } from "@reeve/postgres";
import { createSupervisor, inProcess, type StoreBackend } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { postgresServer, sharedStore } from "@reeve/testing";
import type { Figure, Figures } from "./figure.ts";
import { median } from "./median.ts";
import { breathe, report } from "./place/fleet.ts";
import { pair } from "./place/pair.ts";
import { request } from "./place/request.ts";

type Schedulers = Ref<typeof scheduler>;

const warmUp = 300;
const measured = 3_000;
const outstanding = 64;
const rounds = 3;
const roundMs = 2_000;
/** As capability actors have it. */
const signOfLifeMs = 10_000;

/** Whole placements as a caller sees them: call, filters, weighers, and the reservation committed. */
export const figures: Figures = async () => {
  const directory = mkdtempSync(join(tmpdir(), "reeve-bench-"));
  try {
    await using server = await postgresServer({ directory, settings: { fsync: "on", max_connections: 50 } });
    let files = 0;
    const file = () => sharedStore(sqlite({ path: join(directory, `${++files}.sqlite`) }));
    const found: Figure[] = [];
    found.push(figure("place.10000", await withSchedulers(1, 10_000, file(), p99), "ms p99"));
    for (const hosts of [5_000, 15_000]) {
      for (const count of [1, 2]) {
        const suffix = count === 1 ? "rate" : "two.rate";
        const onFile = await withSchedulers(count, hosts, file(), rate);
        found.push(figure(`place.${hosts}.${suffix}`, onFile, "placements/s"));
        const url = await server.createDatabase();
        const onServer = await withSchedulers(count, hosts, () => postgres({ url }), rate);
        found.push(figure(`place.pg.${hosts}.${suffix}`, onServer, "placements/s"));
      }
    }
    found.push(...(await pair(5_000, server)));
    return found;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

function figure(id: string, ours: number, unit: string): Figure {
  return { id, ours, peer: null, ratio: null, unit, peerName: null };
}

/** Schedulers that share a database, each with a supervisor of its own. */
async function withSchedulers(
  count: number,
  hosts: number,
  store: StoreBackend | (() => StoreBackend),
  measure: (schedulers: readonly Schedulers[]) => Promise<number>,
): Promise<number> {
  const hub = inProcess();
  const supervisors = Array.from({ length: count }, (_, index) =>
    createSupervisor({
      host: `control-${index}`,
      transport: hub.client({ caller: `control-${index}` }),
      store: typeof store === "function" ? store() : store,
      log: { level: "silent" },
    }),
  );
  const fleet = hub.client({ caller: "fleet" });
  let signsOfLife: NodeJS.Timeout | undefined;
  try {
    for (const supervisor of supervisors) {
      supervisor.spawn(schedulerManager);
      await supervisor.start();
    }
    await fleet.connect();
    report(fleet, hosts);
    let sequence = 1;
    signsOfLife = setInterval(() => breathe(fleet, hosts, ++sequence), signOfLifeMs);
    const refs = supervisors.map((supervisor) => supervisor.ref(scheduler));
    // Before it has heard of all hosts, a scheduler chooses among those that it has heard of.
    for (const ref of refs) await ref.place({ manager: "volume", request: `first-${refs.indexOf(ref)}`, needs: {} });
    return await measure(refs);
  } finally {
    clearInterval(signsOfLife);
    for (const supervisor of supervisors) await supervisor.stop();
  }
}

async function p99([schedulers]: readonly Schedulers[]): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < warmUp + measured; index++) {
    const begun = performance.now();
    await schedulers!.place(request(index));
    const took = performance.now() - begun;
    if (index >= warmUp) times.push(took);
    // Calls within a process settle without a turn of the event loop; signs of life need one.
    await setImmediate();
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
}

/** Placements a second with so many outstanding all the time, shared by the schedulers: the median of the rounds. */
async function rate(schedulers: readonly Schedulers[]): Promise<number> {
  let index = 0;
  const round = async (ms: number) => {
    const begun = performance.now();
    let placed = 0;
    const caller = async (ref: Schedulers) => {
      while (performance.now() - begun < ms) {
        await ref.place(request(index++));
        placed += 1;
      }
    };
    await Promise.all(Array.from({ length: outstanding }, (_, at) => caller(schedulers[at % schedulers.length]!)));
    return placed / ((performance.now() - begun) / 1_000);
  };
  await round(roundMs / 2);
  const found: number[] = [];
  for (let turn = 0; turn < rounds; turn++) found.push(await round(roundMs));
  return median(found);
}
