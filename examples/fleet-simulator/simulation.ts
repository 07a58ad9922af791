import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { scheduler } from "@reeve/managers/scheduler";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { natsServer, postgresServer } from "@reeve/testing";
import { Child } from "./child.ts";
import type { Churn, Told } from "./fleet.ts";
import { considered, placeFor } from "./load.ts";
import type { SimulationOptions } from "./options.ts";
import type { Usage } from "./scheduler.ts";

/** What was measured of a fleet of one size. */
export interface Measured {
  readonly hosts: number;
  readonly schedulers: number;
  /** From the start of the fleet until every scheduler places on all of it. */
  readonly knownMs: number;
  /** What a scheduler holds for each host. */
  readonly bytesPerHost: number;
  /** Of the fleet, without anything happening, and what that costs a scheduler of one core. */
  readonly messagesASecond: number;
  readonly quietCpuPercent: number;
  readonly placementsASecond: number;
  readonly noHostASecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all schedulers together, the messages of the fleet included. */
  readonly cpuUsPerPlacement: number;
  readonly changesASecond: number;
}

type Scheduler = Child<"usage", Usage>;

/** Real schedulers, a real broker, and the capability streams of so many hosts. */
export async function simulate(hosts: number, options: SimulationOptions): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), "reeve-fleet-"));
  const children: Child<never, unknown>[] = [];
  const started = <C extends Child<never, unknown>>(child: C): C => {
    children.push(child);
    return child;
  };
  const abandon = () => {
    for (const child of children) child.abandon();
  };
  process.once("exit", abandon);
  try {
    await using broker = await natsServer();
    await using database = options.schedulers > 1 ? await postgresServer({ directory }) : undefined;
    const place = database ? await database.createDatabase() : join(directory, "scheduler.sqlite");
    const names = Array.from({ length: options.schedulers }, (_, index) => `sched-${index + 1}`);
    const schedulers = names.map((name) => started(new Child<"usage", Usage>("scheduler", [name, broker.url, place])));
    for (const one of schedulers) await one.ready();
    const measured = await withFleet(hosts, options, { broker: broker.url, names, schedulers, started });
    for (const child of children.toReversed()) await child.end();
    return measured;
  } finally {
    abandon();
    process.off("exit", abandon);
    await rm(directory, { recursive: true, force: true });
  }
}

interface Running {
  readonly broker: string;
  readonly names: readonly string[];
  readonly schedulers: readonly Scheduler[];
  readonly started: <C extends Child<never, unknown>>(child: C) => C;
}

async function withFleet(
  hosts: number,
  { seconds, churn, seed }: SimulationOptions,
  { broker, names, schedulers, started }: Running,
): Promise<Measured> {
  const empty = await used(schedulers);
  const begun = performance.now();
  const fleet = started(new Child<Churn, Told>("fleet", [broker, String(hosts), String(seed)]));
  await fleet.ready();
  await using connection = await connect({ transport: nats({ servers: broker }) });
  const placing = connection.ref(scheduler);
  for (const name of names) await allKnown(() => considered(placing, name, `${name}-${performance.now()}`), hosts);
  const knownMs = performance.now() - begun;

  const [saidBefore, before] = [await fleet.ask({ percentASecond: 0 }), await used(schedulers)];
  await pause(seconds * 1_000);
  const [said, quiet] = [await fleet.ask({ percentASecond: churn }), await used(schedulers)];

  // Rankings are made when a kind of request comes for the second time.
  await placeFor(1_000, placing, "first");
  const [busyFrom, changesFrom] = [await used(schedulers), await fleet.ask({ percentASecond: churn })];
  const placed = await placeFor(seconds * 1_000, placing, "burst");
  const [busy, changes] = [await used(schedulers), await fleet.ask({ percentASecond: churn })];
  return {
    hosts,
    schedulers: names.length,
    knownMs,
    bytesPerHost: (before.usedBytes - empty.usedBytes) / names.length / hosts,
    messagesASecond: (said.messages - saidBefore.messages) / seconds,
    quietCpuPercent: ((quiet.cpuMs - before.cpuMs) / names.length / (seconds * 1_000)) * 100,
    placementsASecond: placed.placed / placed.seconds,
    noHostASecond: placed.noHost / placed.seconds,
    p50Ms: placed.p50Ms,
    p99Ms: placed.p99Ms,
    cpuUsPerPlacement: ((busy.cpuMs - busyFrom.cpuMs) * 1_000) / Math.max(1, placed.placed),
    changesASecond: (changes.changes - changesFrom.changes) / placed.seconds,
  };
}

/** Of all schedulers together. */
async function used(schedulers: readonly Scheduler[]): Promise<Usage> {
  const all = await Promise.all(schedulers.map((one) => one.ask("usage")));
  const sum = (of: (usage: Usage) => number) => all.reduce((total, usage) => total + of(usage), 0);
  return { cpuMs: sum(({ cpuMs }) => cpuMs), usedBytes: sum(({ usedBytes }) => usedBytes) };
}

async function allKnown(known: () => Promise<number>, hosts: number): Promise<void> {
  const until = performance.now() + 120_000;
  for (;;) {
    const [seen, error] = await known().then(
      (count) => [count, undefined] as const,
      (error: unknown) => [0, error] as const,
    );
    if (seen >= hosts) return;
    // Nothing is placed while a scheduler is held up by the news of all of them.
    if (performance.now() > until) {
      throw new Error(`a scheduler knows ${seen} of ${hosts} hosts after two minutes`, { cause: error });
    }
    await pause(50);
  }
}
