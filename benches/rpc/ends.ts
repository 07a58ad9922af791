import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Question } from "./child.ts";
import type { Outcome, Workload } from "./load.ts";
import type { StackName } from "./stacks.ts";

/** What both ends together saw; the broker's time is nobody's. */
export interface Measured extends Outcome {
  readonly cpuUsPerCall: number;
}

/** Client and server of one stack, a process each, kept warm between workloads. */
export interface Ends extends AsyncDisposable {
  readonly name: StackName;
  measure(workload: Workload): Promise<Measured>;
}

interface Answer {
  readonly outcome?: Outcome;
  readonly cpuUs: number;
}

/** Until then compilers are at work in both ends. */
const warmUp: Workload = { outstanding: 64, bytes: 100, forMs: 3_000 };

/**
 * Resolves when both are warm.
 *
 * @param options for the node of either: a profiler, say
 */
export async function openEnds(name: StackName, url: string, options: readonly string[] = []): Promise<Ends> {
  const server = await start("server", name, url, options);
  const client = await start("client", name, url, options);
  const ends: Ends = {
    name,
    async measure(workload) {
      const before = await ask(server, {});
      const { outcome, cpuUs } = await ask(client, { workload });
      const after = await ask(server, {});
      const serverUs = after.cpuUs - before.cpuUs;
      return { ...outcome!, cpuUsPerCall: (cpuUs + serverUs) / outcome!.calls };
    },
    async [Symbol.asyncDispose]() {
      for (const child of [client, server]) {
        const gone = once(child, "exit");
        child.disconnect();
        await gone;
      }
    },
  };
  await ends.measure(warmUp);
  return ends;
}

async function start(role: string, name: StackName, url: string, options: readonly string[]): Promise<ChildProcess> {
  const child = fork(new URL("./child.ts", import.meta.url), [role, name, url], {
    execArgv: ["--conditions=reeve-source", ...options],
    env: { ...process.env, NODE_ENV: "production" },
  });
  await next(child, `${role} of ${name}`);
  return child;
}

async function ask(child: ChildProcess, question: Question): Promise<Answer> {
  child.send(question);
  return (await next(child, "it")) as Answer;
}

/** @throws Error when the process ends instead */
async function next(child: ChildProcess, who: string): Promise<unknown> {
  const controller = new AbortController();
  const ended = once(child, "exit", { signal: controller.signal }).then(([code]) => {
    throw new Error(`${who} ended with ${code}`);
  });
  try {
    const [message] = (await Promise.race([once(child, "message", { signal: controller.signal }), ended])) as [unknown];
    return message;
  } finally {
    ended.catch(() => {});
    controller.abort();
  }
}
