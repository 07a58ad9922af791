import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { natsServer } from "@reeve/testing";
import type { Figure } from "./figure.ts";
import type { Settled } from "./members/process.ts";

const processes = 4;
const managersEach = 250;
const all = processes * managersEach;

/** 1,000 managers of one kind in four processes, over a broker: from their start until every process knows of all of them. */
export async function figures(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), "reeve-bench-"));
  await using broker = await natsServer();
  const children: ChildProcess[] = [];
  try {
    for (let index = 0; index < processes; index++) {
      const host = `host-${index}`;
      const child = fork(
        new URL("./members/process.ts", import.meta.url),
        [host, broker.url, join(directory, `${host}.sqlite`), String(managersEach), String(all)],
        {
          execArgv: ["--conditions=reeve-source", ...(process.env.MEMBERS_ARGV?.split(" ") ?? [])],
          env: { ...process.env, NODE_ENV: "production" },
        },
      );
      children.push(child);
      await once(child, "message");
    }
    const begun = performance.now();
    const started = children.map(async (child) => {
      const [message] = await once(child, "message");
      if (message !== "started") throw new Error("out of order");
      return performance.now() - begun;
    });
    const settled = children.map(async (child, i) => {
      await started[i];
      const [message] = (await once(child, "message")) as [Settled];
      return { ...message, ms: performance.now() - begun };
    });
    for (const child of children) child.send("start");
    console.error("started", await Promise.all(started));
    const outcomes = await Promise.all(settled);
    console.error(outcomes);
    const blockMs = Math.max(...outcomes.map((outcome) => outcome.blockMs));
    const seconds = Math.max(...outcomes.map((outcome) => outcome.ms)) / 1_000;
    const alone = { peer: null, ratio: null, peerName: null };
    return [
      { id: "members.1000", ours: seconds, unit: "s", ...alone },
      { id: "members.1000.block", ours: blockMs, unit: "ms", ...alone },
    ];
  } finally {
    for (const child of children) {
      const gone = once(child, "exit");
      child.send("stop");
      await gone;
    }
    rmSync(directory, { recursive: true, force: true });
  }
}
