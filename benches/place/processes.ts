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

/** Schedulers in a process each, over a broker, with a fleet and callers of their own. */
export interface SchedulerProcesses extends AsyncDisposable {
  readonly ref: Ref<typeof scheduler>;
  readonly programs: readonly Program<"usage", Usage>[];
}

export interface ProcessesOptions {
  readonly count: number;
  readonly hosts: number;
  readonly servers: string;
  readonly url: string;
  readonly profile?: string | undefined;
}

/** As capability actors have it. */
const signOfLifeMs = 10_000;
const knownWithinMs = 120_000;
const lookAgainMs = 100;

export async function schedulerProcesses({
  count,
  hosts,
  servers,
  url,
  profile,
}: ProcessesOptions): Promise<SchedulerProcesses> {
  const namespace = `bench${count}`;
  const names = Array.from({ length: count }, (_, index) => `control-${index}`);
  await using opened = new AsyncDisposableStack();
  const programs: Program<"usage", Usage>[] = [];
  for (const name of names) {
    const program = await startProgram<"usage", Usage>(
      new URL("./scheduler.ts", import.meta.url),
      [name, namespace, servers, url],
      profile ? ["--cpu-prof", `--cpu-prof-dir=${profile}/${namespace}`] : [],
    );
    programs.push(opened.use(program));
  }
  const fleet = nats({ servers });
  fleet.callAs?.("fleet");
  await fleet.connect();
  opened.defer(() => fleet.close());
  report(fleet, hosts, namespace);
  let sequence = 1;
  const signsOfLife = setInterval(() => breathe(fleet, hosts, ++sequence, namespace), signOfLifeMs);
  opened.defer(() => clearInterval(signsOfLife));
  const caller = opened.use(await connect({ transport: nats({ servers }), namespace }));
  const ref = caller.ref(scheduler);
  for (const name of names) await untilKnown(ref, name, hosts);
  const owned = opened.move();
  return { ref, programs, [Symbol.asyncDispose]: () => owned.disposeAsync() };
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
