import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { natsServer } from "@reeve/testing";
import { build } from "./build.ts";
import type { Figure } from "./figure.ts";
import { fourProcesses } from "./members/four-processes.ts";
import { oneProcess } from "./members/one-process.ts";

/** 1,000 managers of one kind: in four processes over a broker, and as 20 hosts in one process. */
export async function figures(): Promise<readonly Figure[]> {
  build();
  const directory = mkdtempSync(join(tmpdir(), "reeve-bench-"));
  const alone = { peer: null, ratio: null, peerName: null };
  try {
    await using broker = await natsServer();
    const four = await fourProcesses(broker.url, directory);
    const one = await oneProcess();
    console.error("members: processor time until all know all, and the most of one turn of a loop:");
    console.error(`  four processes: ${four.cpuMs.toFixed()} ms of all together, ${four.block.cpuMs.toFixed()} ms`);
    console.error(`  one process: ${one.cpuMs.toFixed()} ms, ${one.block.cpuMs.toFixed()} ms`);
    return [
      { id: "members.1000", ours: four.seconds, unit: "s", ...alone },
      { id: "members.1000.block", ours: four.block.ms, unit: "ms", ...alone },
      { id: "members.20x50", ours: one.seconds, unit: "s", ...alone },
      { id: "members.20x50.idle", ours: one.idlePercent, unit: "% of a core", ...alone },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
