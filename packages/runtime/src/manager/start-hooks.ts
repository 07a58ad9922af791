import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";
import type { RecoveryReport, WorkJournal } from "../recovery/index.ts";
import type { Context } from "../rpc/callee/context.ts";
import type { Logger } from "../telemetry/index.ts";
import type { ManagerBehaviour } from "./behaviour.ts";
import type { IncarnationResources } from "./incarnation-resources.ts";
import { type StartWatch, tooLong } from "./start-watch.ts";

/** What the hooks of a start work on. */
export interface StartingManager {
  /** `manager/address`. */
  readonly key: string;
  readonly behaviour: ManagerBehaviour<any>;
  readonly resources: IncarnationResources;
  readonly startTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  context(hook: string, signal: AbortSignal, waits: boolean): Context;
}

/** Recovers crashed work, runs `initHost`, and takes up the kept actors. */
export async function prepareHost(manager: StartingManager, watch: StartWatch): Promise<void> {
  const { behaviour, resources, startTimeoutMs, context } = manager;
  const { signal } = watch;
  watch.step("recovery");
  if (resources.journal) await recoverCrashed(resources.journal, manager, signal);
  signal.throwIfAborted();
  const { serviceId, addedToCluster } = resources.registration;
  watch.step("initHost", startTimeoutMs);
  await behaviour.initHost?.(context("initHost", signal, false), { serviceId, addedToCluster });
  signal.throwIfAborted();
  watch.step("kept actors");
  await resources.kept?.restore(signal);
}

/** What takes too long is recovered while the manager serves, as what fails is: its resource stays busy. */
async function recoverCrashed(journal: WorkJournal, manager: StartingManager, signal: AbortSignal): Promise<void> {
  const { clock, startTimeoutMs, log } = manager;
  const recovering = journal.recoverCrashed().then((report) => tell(report, log));
  if (await withTimeout(clock, startTimeoutMs, recovering, signal)) return;
  if (!signal.aborted)
    log.warn({ left: journal.inFlight, startTimeoutMs }, "recovery not finished in time; continuing the start");
}

function tell({ recovered, failed, unknown, held }: RecoveryReport, log: Logger): void {
  if (recovered + failed + unknown + held === 0) return;
  const fields = { recovered, failed, unknown, held };
  if (failed + unknown === 0) log.info(fields, "recovered the work that earlier incarnations left behind");
  else log.warn(fields, "some of the work that earlier incarnations left behind is not recovered yet");
}

/** One that was abandoned is not joined by another: waits until the last has returned. @throws ReeveError `START_TIMEOUT` */
export async function lastReturned(
  { key, startTimeoutMs, clock }: Pick<StartingManager, "key" | "startTimeoutMs" | "clock">,
  hook: string,
  watch: StartWatch,
  before: Promise<void>,
): Promise<void> {
  const { signal } = watch;
  watch.step(hook, startTimeoutMs);
  if (await withTimeout(clock, startTimeoutMs, before, signal)) return;
  signal.throwIfAborted();
  throw tooLong(`${key}: the last ${hook}`, hook, startTimeoutMs);
}

/**
 * Runs `initHostWithRpc`.
 *
 * @param before resolves when the hooks that run now have returned: one that was abandoned is not joined by another
 */
export async function initHostWithRpc(
  manager: StartingManager,
  watch: StartWatch,
  before: Promise<void>,
): Promise<void> {
  const { behaviour, context } = manager;
  const { signal } = watch;
  await lastReturned(manager, "initHostWithRpc", watch, before);
  await behaviour.initHostWithRpc?.(context("initHostWithRpc", signal, true));
  signal.throwIfAborted();
}
