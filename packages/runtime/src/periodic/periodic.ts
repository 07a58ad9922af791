import { reeveError } from "@reeve/contract";
import { type Clock, systemClock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Logger } from "../telemetry/index.ts";
import { ClusterTask, type RunnerLease } from "./cluster-task.ts";
import { cronTurns } from "./cron-turns.ts";
import { intervalTurns } from "./interval-turns.ts";
import { type CompiledTask, compileTask, type PeriodicTask } from "./periodic-task.ts";
import { TaskLoop, type TaskReport } from "./task-loop.ts";
import type { TurnMemory } from "./turn-memory.ts";
import type { Turns } from "./turns.ts";

export interface PeriodicOptions<Context> {
  readonly tasks: Readonly<Record<string, PeriodicTask<Context>>>;
  /** Makes what a task's `run` receives; `signal` aborts when the tasks stop. */
  readonly context: (name: string, signal: AbortSignal) => Context;
  /** While it says so, no turn begins; {@link Periodic.resume} is told when it no longer does. Default never. */
  readonly paused?: () => boolean;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Where durable tasks keep their turns. Absent: a durable task is refused. */
  readonly memory?: TurnMemory | undefined;
  /** The cluster that the manager is a member of. Default: it is in none, and tasks of the cluster are its own. */
  readonly cluster?: Cluster | undefined;
  /** Whether the manager has a store, whose fence keeps two members from writing. Default: a task of the cluster is refused. */
  readonly stored?: boolean | undefined;
  /** For jitter. */
  readonly random?: Random;
}

/** What the members of a cluster share for tasks that one of them runs. */
export interface Cluster {
  /** Resolves when this member is the one that runs the task. */
  acquire(task: string, signal: AbortSignal): Promise<RunnerLease>;
  /** Where their durable tasks keep their turns. */
  readonly memory?: TurnMemory | undefined;
}

/**
 * A manager's periodic tasks, each with a timer of its own: a slow or failing one delays no other.
 *
 * A task never overlaps itself. A turn that falls due while the last run has not ended is skipped and counted, as with
 * `concurrencyPolicy: Forbid` of Kubernetes, and the task goes on at the next due time; turns missed while the
 * process stood still are not made up for, but the one that is due then runs.
 */
export interface Periodic {
  /** Counts intervals from now. A second call does nothing, nor does one after {@link stop}. */
  start(): void;
  /** Turns are paused no longer: durable ones that fell due meanwhile begin at once, others wait for their next time. */
  resume(): void;
  /**
   * Ends all turns, aborts the signals of present runs and waits for them.
   *
   * @returns the names of tasks that had not ended after `withinMs`; nothing they do later is logged or counted
   */
  stop(withinMs: number): Promise<readonly string[]>;
  /** Resolves when the runs of this moment have ended. */
  idle(): Promise<void>;
  /** By task name. */
  report(): Readonly<Record<string, TaskReport>>;
}

/** What managers without tasks share: most have none, and there may be thousands. */
const nothing: Periodic = {
  start: () => {},
  stop: async () => [],
  idle: async () => {},
  resume: () => {},
  report: () => ({}),
};

/** @throws ReeveError `INVALID_OPTION` naming the task, the field and the value */
export function createPeriodic<Context>(options: PeriodicOptions<Context>): Periodic {
  if (Object.keys(options.tasks).length === 0) return nothing;
  const loops = new Map(Object.entries(options.tasks).map(([name, task]) => [name, loopOf(name, task, options)]));
  let started = false;
  let stopped = false;
  return {
    start() {
      if (started || stopped) return;
      started = true;
      for (const loop of loops.values()) loop.start();
    },
    resume() {
      for (const loop of loops.values()) loop.resume();
    },
    async stop(withinMs) {
      stopped = true;
      const stopping = [...loops].map(async ([name, loop]) => ((await loop.stop(withinMs)) ? [] : [name]));
      return (await Promise.all(stopping)).flat();
    },
    async idle() {
      await Promise.all([...loops.values()].map((loop) => loop.ended));
    },
    report: () => Object.fromEntries([...loops].map(([name, loop]) => [name, loop.report()])),
  };
}

function loopOf<Context>(
  name: string,
  task: PeriodicTask<Context>,
  options: PeriodicOptions<Context>,
): TaskLoop<Context> | ClusterTask<Context> {
  const { context, paused = () => false, memory, cluster, stored = false, clock = systemClock } = options;
  const compiled = compileTask(name, task);
  if (compiled.scope === "cluster" && !stored)
    refuse(`${name}.scope`, "the manager has no store, whose fence keeps two members from writing");
  const log = options.log.child({ task: name });
  const ofCluster = compiled.scope === "cluster" ? cluster : undefined;
  const kept = compiled.durable
    ? ((ofCluster ? ofCluster.memory : memory) ??
      refuse(`${name}.durable`, "the manager has no store to keep its turns in"))
    : undefined;
  const make = (signal: AbortSignal) => context(name, signal);
  const loop = (isPaused: () => boolean) =>
    new TaskLoop(compiled, turnsOf(compiled, options), clock, log, make, isPaused, kept);
  if (!ofCluster) return loop(paused);
  // A calendar that never falls due is refused now, not when this member is the runner.
  turnsOf(compiled, options);
  return new ClusterTask({ clock, acquire: (signal) => ofCluster.acquire(name, signal), turns: loop, paused });
}

function turnsOf<Context>(task: CompiledTask<Context>, options: PeriodicOptions<Context>): Turns {
  const { everyMs, cron, jitterMs, name } = task;
  const { clock = systemClock, random = Math.random } = options;
  if (cron) return cronTurns(`periodic.${name}.cron`, cron, jitterMs, clock, random);
  return intervalTurns(everyMs!, jitterMs, clock, random);
}

function refuse(field: string, why: string): never {
  throw reeveError("INVALID_OPTION", `periodic.${field}: ${why}`);
}
