import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { call, contract, type Ref } from "@reeve/contract";
import { inspector } from "@reeve/inspector";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { z } from "zod";

const token = "token-of-the-bench-0";
const rounds = 9;
const roundMs = 400;
const callsPerTurn = 200;

const sums = contract("sum", "1.0", {
  add: call({ input: z.object({ a: z.number(), b: z.number() }), output: z.number() }),
});
const sumManager = defineManager({ contract: sums, setup: () => ({ operations: { add: async ({ a, b }) => a + b } }) });

/** One figure of DESIGN §10. */
interface Figure {
  readonly id: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly ratio: number | null;
  readonly unit: string;
  readonly peerName: string | null;
}

/**
 * Local call throughput while one page watches, against the same with nobody watching, in turns within one process. Calls
 * are shown at up to 200 frames a second.
 */
export async function figures(): Promise<readonly Figure[]> {
  const supervisor = createSupervisor({
    host: "bench",
    store: sqlite({ path: ":memory:" }),
    log: { level: "silent" },
    inspector: inspector({ port: 0, token }),
  });
  supervisor.spawn(sumManager);
  await supervisor.start();
  try {
    const ref = supervisor.ref(sums);
    await throughput(ref);
    const [alone, watched, ratios]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      const before = await throughput(ref);
      const viewer = await watch(supervisor.inspectorUrl!);
      const during = await throughput(ref);
      await viewer.leave();
      alone.push(before);
      watched.push(during);
      ratios.push(during / before);
    }
    const figure = { id: "inspector.viewer", unit: "calls/s", peerName: "nobody watching" };
    return [{ ...figure, ours: middle(watched), peer: middle(alone), ratio: middle(ratios) }];
  } finally {
    await supervisor.stop();
  }
}

/** Calls per second that one caller gets through. */
async function throughput(ref: Ref<typeof sums>): Promise<number> {
  const begun = performance.now();
  let calls = 0;
  while (performance.now() - begun < roundMs) {
    for (let index = 0; index < callsPerTurn; index++) await ref.add({ a: index, b: 1 });
    calls += callsPerTurn;
    // Calls within a process settle without a turn of the event loop; viewers need one.
    await setImmediate();
  }
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

function middle(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;
}
