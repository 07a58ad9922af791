import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { call, contract, type Ref } from "@reeve/contract";
import { inspector } from "@reeve/inspector";
import { nats } from "@reeve/nats";
import { connect, createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { natsServer, silentLogger } from "@reeve/testing";
import { z } from "zod";
import type { Figure } from "./figure.ts";
import { median } from "./median.ts";

const token = "token-of-the-bench-0";
const rounds = 9;
const roundMs = 400;
const callsPerTurn = 200;

const sums = contract("sum", "1.0", {
  add: call({ input: z.object({ a: z.number(), b: z.number() }), output: z.number() }),
});
const sumManager = defineManager({ contract: sums, setup: () => ({ operations: { add: async ({ a, b }) => a + b } }) });

/**
 * Throughput of calls while one page watches, against the same with nobody watching, in turns: within one process one call after
 * the other, and over a broker 64 at a time. Calls are shown at up to 200 frames a second.
 */
export async function figures(): Promise<readonly Figure[]> {
  await using broker = await natsServer();
  return [await watched("inspector.viewer", undefined, undefined), await overBroker(broker.url)];
}

async function overBroker(servers: string): Promise<Figure> {
  const client = await connect({ transport: nats({ servers, caller: "client" }), log: silentLogger });
  try {
    return await watched("inspector.viewer.nats", nats({ servers, caller: "bench" }), client.ref(sums));
  } finally {
    await client.close();
  }
}

/** @param from who calls; undefined for the process of the manager, which makes one call at a time */
async function watched(
  id: string,
  transport: Transport | undefined,
  from: Ref<typeof sums> | undefined,
): Promise<Figure> {
  const supervisor = createSupervisor({
    host: "bench",
    transport,
    store: sqlite({ path: ":memory:" }),
    log: { level: "silent" },
    inspector: inspector({ port: 0, token }),
  });
  supervisor.spawn(sumManager);
  await supervisor.start();
  try {
    const ref = from ?? supervisor.ref(sums);
    const rate = () => throughput(ref, from ? 64 : 1);
    await rate();
    const [alone, during, ratios]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      const before = await rate();
      const viewer = await watch(supervisor.inspectorUrl!);
      const now = await rate();
      await viewer.leave();
      alone.push(before);
      during.push(now);
      ratios.push(now / before);
    }
    const figure = { id, unit: "calls/s", peerName: "nobody watching" };
    return { ...figure, ours: median(during), peer: median(alone), ratio: median(ratios) };
  } finally {
    await supervisor.stop();
  }
}

/** Calls per second that callers get through, each one at a time. */
async function throughput(ref: Ref<typeof sums>, callers: number): Promise<number> {
  const begun = performance.now();
  let calls = 0;
  const caller = async () => {
    while (performance.now() - begun < roundMs) {
      for (let index = 0; index < callsPerTurn; index++) {
        await ref.add({ a: index, b: 1 });
        calls += 1;
      }
      // Calls within a process settle without a turn of the event loop; viewers need one.
      await setImmediate();
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return (calls / (performance.now() - begun)) * 1_000;
}

async function watch(url: string) {
  const { host } = new URL(url);
  const worker = new Worker(new URL("./inspector-viewer.ts", import.meta.url), {
    workerData: `ws://${host}/live?token=${token}`,
  });
  await once(worker, "message");
  return {
    async leave() {
      worker.postMessage("leave");
      await once(worker, "exit");
    },
  };
}
