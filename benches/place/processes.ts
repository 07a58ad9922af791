import { setTimeout as pause } from "node:timers/promises";
import type { Ref } from "@reeve/contract";
import { scheduler } from "@reeve/managers/scheduler";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { type Program, startProgram } from "../program.ts";
import { breathe, report } from "./fleet.ts";

/** What a scheduler in a process of its own has used. */
export interface Usage {
  readonly cpuUs: number;
}

/** Schedulers in a process each, and their callers in another, over a broker. */
export interface SchedulerProcesses extends AsyncDisposable {
  readonly ref: Ref<typeof scheduler>;
  /** Processor time of all schedulers since their start. */
  cpuUs(): Promise<number>;
}

export interface ProcessesOptions {
  readonly count: number;
  readonly hosts: number;
  readonly servers: string;
  readonly url: string;
}

/** As capability actors have it. */
const signOfLifeMs = 10_000;
const knownWithinMs = 120_000;
const lookAgainMs = 100;

/** Starts them in a namespace of their own, with a fleet that all of them know when it resolves. */
export async function schedulerProcesses({
  count,
  hosts,
  servers,
  url,
}: ProcessesOptions): Promise<SchedulerProcesses> {
  const namespace = `bench${count}`;
  const names = Array.from({ length: count }, (_, index) => `control-${index}`);
  await using opened = new AsyncDisposableStack();
  const programs: Program<"usage", Usage>[] = [];
  for (const name of names) {
    const args = [name, namespace, servers, url];
    programs.push(opened.use(await startProgram(new URL("./scheduler.ts", import.meta.url), args)));
  }
  const fleet = nats({ servers });
  fleet.callAs?.("fleet");
  await fleet.connect();
  opened.defer(() => fleet.close());
  report(fleet, hosts, namespace);
  let sequence = 1;
  const signsOfLife = setInterval(() => breathe(fleet, hosts, ++sequence, namespace), signOfLifeMs);
  opened.defer(() => clearInterval(signsOfLife));
  const ref = opened.use(await connect({ transport: nats({ servers }), namespace })).ref(scheduler);
  for (const name of names) await untilKnown(ref, name, hosts);
  const owned = opened.move();
  return {
    ref,
    async cpuUs() {
      const used = await Promise.all(programs.map((program) => program.ask("usage")));
      return used.reduce((sum, { cpuUs }) => sum + cpuUs, 0);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Before it has heard of all hosts, a scheduler chooses among those that it has heard of. */
async function untilKnown(ref: Ref<typeof scheduler>, name: string, hosts: number): Promise<void> {
  const one = ref.at(name);
  const until = performance.now() + knownWithinMs;
  for (let attempt = 0; ; attempt++) {
    const request = `first-${name}-${attempt}`;
    const seen = await one
      .place({ manager: "volume", request, needs: {} }, { timeout: "60s" })
      .then(() => one.explain({ request }))
      .then(
        ({ considered }) => considered,
        (error: unknown) => error,
      );
    if (seen === hosts) return;
    if (performance.now() > until) throw new Error(`${name} does not know of all ${hosts} hosts`, { cause: seen });
    await pause(lookAgainMs);
  }
}
