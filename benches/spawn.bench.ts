import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { createSupervisor, defineManager, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { z } from "zod";
import type { Figure } from "./figure.ts";
import { heapBytes } from "./heap-bytes.ts";
import { median } from "./median.ts";

const managers = 1_000;
const rounds = 5;

const lamps = contract("lamp", "1.0", { light: call({ input: z.object({}), output: z.boolean() }) });
const lampManager = defineManager({ contract: lamps, setup: () => ({ operations: { light: async () => true } }) });

/**
 * 1,000 managers in one supervisor on an SQLite file, each registered with an epoch of its own: from the first `spawn` to
 * the last one serving, and the heap that each holds then. A round in a small supervisor goes before.
 */
export async function figures(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), "reeve-bench-"));
  try {
    await start(join(directory, "warm-up.sqlite"), 50);
    const times: number[] = [];
    const sizes: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { ms, kb } = await start(join(directory, `${round}.sqlite`), managers);
      times.push(ms);
      sizes.push(kb);
    }
    const alone = { peer: null, ratio: null, peerName: null };
    return [
      { id: "spawn.1000", ours: median(times), unit: "ms", ...alone },
      { id: "spawn.1000.kb", ours: median(sizes), unit: "kB each", ...alone },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function start(path: string, count: number): Promise<{ readonly ms: number; readonly kb: number }> {
  const supervisor: Supervisor = createSupervisor({ host: "bench", store: sqlite({ path }), log: { level: "silent" } });
  await supervisor.start();
  const before = await heapBytes();
  const begun = performance.now();
  const spawned = Array.from({ length: count }, (_, index) =>
    supervisor.spawn(lampManager, { backend: `backend-${index}` }),
  );
  await Promise.all(spawned.map((manager) => manager.ready()));
  const ms = performance.now() - begun;
  const kb = ((await heapBytes()) - before) / 1_024 / count;
  const serving = supervisor.managers().filter(({ status }) => isOpen(status.state)).length;
  if (serving !== count) throw new Error(`${serving} of ${count} managers serve`);
  await supervisor.stop();
  return { ms, kb };
}

/** A machine that is busy elsewhere may have degraded them meanwhile. */
function isOpen(state: string): boolean {
  return state === "serving" || state === "degraded";
}
