import { startProgram } from "../program.ts";
import type { Question } from "./child.ts";
import type { Outcome, Workload } from "./load.ts";
import type { StackName } from "./stacks.ts";

/** What both ends together saw; the broker's time is nobody's. */
export interface Measured extends Outcome {
  readonly cpuUsPerCall: number;
  readonly clientUsPerCall: number;
  readonly serverUsPerCall: number;
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
  const program = new URL("./child.ts", import.meta.url);
  const server = await startProgram<Question, Answer>(program, ["server", name, url], options);
  const client = await startProgram<Question, Answer>(program, ["client", name, url], options);
  const ends: Ends = {
    name,
    async measure(workload) {
      const before = await server.ask({});
      const { outcome, cpuUs } = await client.ask({ workload });
      const after = await server.ask({});
      const clientUsPerCall = cpuUs / outcome!.calls;
      const serverUsPerCall = (after.cpuUs - before.cpuUs) / outcome!.calls;
      return { ...outcome!, cpuUsPerCall: clientUsPerCall + serverUsPerCall, clientUsPerCall, serverUsPerCall };
    },
    async [Symbol.asyncDispose]() {
      for (const end of [client, server]) await end[Symbol.asyncDispose]();
    },
  };
  await ends.measure(warmUp);
  return ends;
}
