import type { Disposers } from "../base/disposers.ts";
import { type Cluster, createPeriodic, type Periodic, StoredTurns } from "../periodic/index.ts";
import type { Context } from "../rpc/callee/context.ts";
import type { Logger } from "../telemetry/index.ts";
import type { ManagerBehaviour } from "./behaviour.ts";
import type { ManagerDefinition } from "./definition.ts";
import type { IncarnationResources, ResourceSources } from "./incarnation-resources.ts";
import { requireBehaviour } from "./require-behaviour.ts";
import type { StartWatch } from "./start-watch.ts";

interface SetUpOptions {
  readonly definition: ManagerDefinition;
  /** The address that the members of its cluster share; undefined where it is in none. */
  readonly cluster: string | undefined;
  readonly resources: IncarnationResources;
  readonly watch: StartWatch;
  readonly sources: Pick<ResourceSources, "database" | "clock" | "random">;
  readonly disposers: Disposers;
  readonly log: Logger;
  /** While it says so, no periodic turn begins. */
  paused(): boolean;
  /** Of a periodic task. */
  context(task: string, signal: AbortSignal): Context;
}

/**
 * Runs the manager's `setup`, and readies the periodic tasks that it returned.
 *
 * @throws what `setup` threw; ReeveError `INVALID_OPTION` naming what is wrong with what it returned, `START_TIMEOUT`
 */
export async function setUpManager(
  options: SetUpOptions,
): Promise<{ readonly behaviour: ManagerBehaviour<any>; readonly periodic: Periodic }> {
  const { definition, resources, watch, sources, disposers, log, paused, context } = options;
  watch.step("setup", definition.limits.startTimeoutMs);
  const behaviour = await definition.setup(resources.handles);
  watch.pass();
  requireBehaviour(definition, behaviour);
  resources.kept?.use(`manager ${definition.contract.name}: kept`, behaviour.kept ?? []);
  if (behaviour.close) disposers.add("close", () => behaviour.close!());
  const memory = await turnsOf(options, behaviour, "member");
  const cluster = await clusterOf(options, behaviour);
  // It was abandoned, and another may have come.
  watch.signal.throwIfAborted();
  const { clock, random } = sources;
  const tasks = behaviour.periodic ?? {};
  const stored = definition.store !== undefined;
  const shared = { tasks, paused, context, memory, cluster, stored, log, clock, random };
  return { behaviour, periodic: createPeriodic<Context>(shared) };
}

/** What its members share for tasks that one of them runs; undefined where it is in no cluster. */
async function clusterOf(options: SetUpOptions, behaviour: ManagerBehaviour<any>): Promise<Cluster | undefined> {
  const { cluster, resources } = options;
  if (cluster === undefined) return undefined;
  const { leases, registration } = resources;
  return {
    acquire: (task, signal) =>
      leases.request({ name: `periodic:${registration.manager}/${cluster}/${task}`, fences: true, signal }).granted,
    memory: await turnsOf(options, behaviour, "cluster"),
  };
}

/** Where durable tasks keep their turns; undefined where there is none, or no store to keep them in. */
async function turnsOf(
  { definition, cluster, resources, sources }: SetUpOptions,
  { periodic = {} }: ManagerBehaviour<any>,
  scope: "member" | "cluster",
): Promise<StoredTurns | undefined> {
  // In no cluster it runs them all for itself.
  const isMeant = (name: string) => cluster === undefined || (periodic[name]!.scope ?? "member") === scope;
  const tasks = Object.keys(periodic).filter((name) => periodic[name]!.durable === true && isMeant(name));
  if (tasks.length === 0 || !definition.store) return undefined;
  const shared = scope === "cluster" ? cluster : undefined;
  const { registration } = resources;
  return StoredTurns.open({ database: sources.database, registration, cluster: shared, tasks });
}
