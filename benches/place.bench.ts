import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Ref } from "@reeve/contract";
import { scheduler, schedulerManager } from "@reeve/managers/scheduler";
import { createSupervisor, inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";

const hosts = 10_000;
const hostsPerSupervisor = 10;
const warmUp = 300;
const measured = 3_000;
/** As capability actors have it. */
const signOfLifeMs = 10_000;
const gibibyte = 2 ** 30;

/** One figure of DESIGN §10; without a peer, `ours` is judged by itself. */
interface Figure {
  readonly id: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly ratio: number | null;
  readonly unit: string;
  readonly peerName: string | null;
}

/** Whole placements as a caller sees them: call, filters, weighers, and the reservation committed to an SQLite file. */
export async function figures(): Promise<readonly Figure[]> {
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
    report(fleet);
    let sequence = 1;
    signsOfLife = setInterval(() => breathe(fleet, ++sequence), signOfLifeMs);
    const times = await place(supervisor.ref(scheduler));
    const p99 = times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
    return [{ id: "place.10000", ours: p99, peer: null, ratio: null, unit: "ms p99", peerName: null }];
  } finally {
    clearInterval(signsOfLife);
    await supervisor.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function place(schedulers: Ref<typeof scheduler>): Promise<number[]> {
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

/** What 10,000 hosts would say of themselves, all different, one in twenty not ready. */
function report(fleet: Transport): void {
  for (let first = 0; first < hosts; first += hostsPerSupervisor) {
    const entries = Array.from({ length: hostsPerSupervisor }, (_, offset) => entry(first + offset));
    tell(fleet, first, { sequence: 1, whole: true, entries });
  }
}

function breathe(fleet: Transport, sequence: number): void {
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
