import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Ref } from "@reeve/contract";
import { scheduler, schedulerManager } from "@reeve/managers/scheduler";
import { createSupervisor, inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import type { Figure, Figures } from "./figure.ts";
import { median } from "./median.ts";

const hostsPerSupervisor = 10;
const warmUp = 300;
const measured = 3_000;
const outstanding = 64;
const rateRounds = 3;
const rateMs = 2_000;
/** As capability actors have it. */
const signOfLifeMs = 10_000;
const gibibyte = 2 ** 30;

/** Whole placements as a caller sees them: call, filters, weighers, and the reservation committed to an SQLite file. */
export const figures: Figures = async () => [
  await withFleet(10_000, async (schedulers) => {
    const times = await placeOneByOne(schedulers);
    const p99 = times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
    return figure("place.10000", p99, "ms p99");
  }),
  ...(await rates(5_000)),
  ...(await rates(15_000)),
];

async function rates(hosts: number): Promise<Figure[]> {
  const rate = await withFleet(hosts, placeTogether);
  return [figure(`place.${hosts}.rate`, rate, "placements/s")];
}

function figure(id: string, ours: number, unit: string): Figure {
  return { id, ours, peer: null, ratio: null, unit, peerName: null };
}

async function withFleet<R>(hosts: number, measure: (schedulers: Ref<typeof scheduler>) => Promise<R>): Promise<R> {
  const directory = mkdtempSync(join(tmpdir(), "reeve-bench-"));
  const hub = inProcess();
  const supervisor = createSupervisor({
    host: "control-01",
    transport: hub.client({ caller: "control-01" }),
    store: sqlite({ path: join(directory, "store.sqlite") }),
    log: { level: "silent" },
  });
  const fleet = hub.client({ caller: "fleet" });
  let signsOfLife: NodeJS.Timeout | undefined;
  try {
    supervisor.spawn(schedulerManager);
    await supervisor.start();
    await fleet.connect();
    report(fleet, hosts);
    let sequence = 1;
    signsOfLife = setInterval(() => breathe(fleet, hosts, ++sequence), signOfLifeMs);
    return await measure(supervisor.ref(scheduler));
  } finally {
    clearInterval(signsOfLife);
    await supervisor.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function placeOneByOne(schedulers: Ref<typeof scheduler>): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < warmUp + measured; index++) {
    const begun = performance.now();
    await schedulers.place(request(index));
    const took = performance.now() - begun;
    if (index >= warmUp) times.push(took);
    // Calls within a process settle without a turn of the event loop; signs of life need one.
    await setImmediate();
  }
  return times;
}

/** Placements a second with so many outstanding all the time: the median of the rounds. */
async function placeTogether(schedulers: Ref<typeof scheduler>): Promise<number> {
  let index = 0;
  const round = async (ms: number) => {
    const begun = performance.now();
    let placed = 0;
    const caller = async () => {
      while (performance.now() - begun < ms) {
        await schedulers.place(request(index++));
        placed += 1;
      }
    };
    await Promise.all(Array.from({ length: outstanding }, caller));
    return placed / ((performance.now() - begun) / 1_000);
  };
  await round(rateMs / 2);
  const found: number[] = [];
  for (let turn = 0; turn < rateRounds; turn++) found.push(await round(rateMs));
  return median(found);
}

/** Every second request has something to say to every filter; the others leave all ready hosts to be weighed. */
function request(index: number) {
  const plain = { manager: "volume", request: `v${index}`, needs: { sizeGiB: 1 + (index % 50) } };
  if (index % 2 === 0) return plain;
  return {
    ...plain,
    labels: { media: "ssd" },
    requires: { iops: { atLeast: 5_000 } },
    availabilityZone: `az-${index % 3}`,
    exclude: ["host-17", "host-4711"],
  };
}

/** What so many hosts would say of themselves, all different, one in twenty not ready. */
function report(fleet: Transport, hosts: number): void {
  for (let first = 0; first < hosts; first += hostsPerSupervisor) {
    const entries = Array.from({ length: hostsPerSupervisor }, (_, offset) => entry(first + offset));
    tell(fleet, first, { sequence: 1, whole: true, entries });
  }
}

function breathe(fleet: Transport, hosts: number, sequence: number): void {
  for (let first = 0; first < hosts; first += hostsPerSupervisor) tell(fleet, first, { sequence, entries: [] });
}

function tell(fleet: Transport, first: number, message: object): void {
  const head = { type: "reeve.capabilities.v1", sender: `S${first}`, host: `block-${first}` };
  fleet.publish(
    `reeve.sys.capabilities.block-${first}`,
    new TextEncoder().encode(JSON.stringify({ ...head, ...message })),
  );
}

function entry(index: number) {
  const totalBytes = (500 + (index % 97) * 40) * gibibyte;
  const freeBytes = Math.floor(totalBytes * (0.2 + (index % 71) / 100));
  return {
    manager: "volume",
    address: `host-${index}`,
    epoch: 1,
    status: index % 20 === 0 ? "degraded" : "ready",
    count: 1,
    ageMs: 0,
    full: true,
    set: {
      totalBytes,
      freeBytes,
      provisionedBytes: totalBytes - freeBytes,
      allocatedBytes: totalBytes - freeBytes,
      reservedBytes: 0,
      overcommitRatio: 1,
      volumes: index % 200,
      iops: 1_000 * (index % 20),
      availabilityZone: `az-${index % 3}`,
      labels: { media: index % 4 === 0 ? "hdd" : "ssd" },
    },
  };
}
