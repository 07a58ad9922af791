import type { Disposers } from "../base/disposers.ts";
import { createPeriodic, type Periodic, StoredTurns } from "../periodic/index.ts";
import type { Context } from "../rpc/callee/context.ts";
import type { Logger } from "../telemetry/index.ts";
import type { ManagerBehaviour } from "./behaviour.ts";
import type { ManagerDefinition } from "./definition.ts";
import type { IncarnationResources, ResourceSources } from "./incarnation-resources.ts";
import { requireBehaviour } from "./require-behaviour.ts";
import type { StartWatch } from "./start-watch.ts";

interface SetUpOptions {
  readonly definition: ManagerDefinition;
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
  if (behaviour.close) disposers.add("close", () => behaviour.close!());
  const memory = await turnsOf(options, behaviour);
  // It was abandoned, and another may have come.
  watch.signal.throwIfAborted();
  const { clock, random } = sources;
  const tasks = behaviour.periodic ?? {};
  return { behaviour, periodic: createPeriodic<Context>({ tasks, paused, context, memory, log, clock, random }) };
}

/** Where durable tasks keep their turns; undefined where there is none, or no store to keep them in. */
async function turnsOf(
  { definition, resources, sources }: SetUpOptions,
  { periodic = {} }: ManagerBehaviour<any>,
): Promise<StoredTurns | undefined> {
  const tasks = Object.keys(periodic).filter((name) => periodic[name]!.durable === true);
  if (tasks.length === 0 || !definition.store) return undefined;
  const { database, clock } = sources;
  return StoredTurns.open({ database, registration: resources.registration, clock, tasks });
}
