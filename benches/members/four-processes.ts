import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Block } from "./loop-watch.ts";
import type { Settled } from "./process.ts";

const processes = 4;
const managersEach = 250;
const all = processes * managersEach;

/** What several processes together did. */
export interface FourProcesses {
  /** From the start of the first until all know all. */
  readonly seconds: number;
  /** The longest of any of their event loops. */
  readonly block: Block;
  /** Processor time of all of them until then, without the broker's. */
  readonly cpuMs: number;
}

/**
 * 1,000 managers in four processes that have loaded their code, packages as built, each on an SQLite file: started at once.
 *
 * @throws Error when one of them is degraded, or does not reach all the others
 */
export async function fourProcesses(servers: string, directory: string): Promise<FourProcesses> {
  const children: ChildProcess[] = [];
  try {
    for (let index = 0; index < processes; index++) {
      const host = `host-${index}`;
      const path = join(directory, `${host}.sqlite`);
      const child = fork(
        new URL("./process.ts", import.meta.url),
        [host, servers, path, String(managersEach), String(all)],
        // As built: each starts a thread, which would translate its sources first.
        { execArgv: [], env: { ...process.env, NODE_ENV: "production" } },
      );
      children.push(child);
      await said(child);
    }
    const begun = performance.now();
    const outcomes = await Promise.all(
      children.map(async (child) => {
        const settled = said(child);
        child.send("start");
        return { ...((await settled) as Settled), ms: performance.now() - begun };
      }),
    );
    for (const { causes } of outcomes)
      if (causes.length > 0) throw new Error(`some are degraded: ${causes.join(", ")}`);
    for (const child of children) await requireAll(child);
    return {
      seconds: Math.max(...outcomes.map(({ ms }) => ms)) / 1_000,
      block: {
        ms: Math.max(...outcomes.map(({ block }) => block.ms)),
        cpuMs: Math.max(...outcomes.map(({ block }) => block.cpuMs)),
      },
      cpuMs: outcomes.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    };
  } finally {
    await Promise.all(children.map(stop));
  }
}

/** What it knows is so: everybody answers. */
async function requireAll(child: ChildProcess): Promise<void> {
  const answering = said(child);
  child.send("check");
  const count = await answering;
  if (count !== all) throw new Error(`${count} of ${all} answer`);
}

/** @throws Error when it ends instead */
async function said(child: ChildProcess): Promise<unknown> {
  const controller = new AbortController();
  const ended = once(child, "exit", { signal: controller.signal }).then(([code]) => {
    throw new Error(`a process ended with ${code}`);
  });
  ended.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(child, "message", { signal: controller.signal }), ended])) as [unknown];
    return message;
  } finally {
    controller.abort();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.send("stop");
  await gone;
}
