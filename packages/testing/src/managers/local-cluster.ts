import type { AnyContract, Ref } from "@reeve/contract";
import {
  type Caller,
  type Clock,
  createSupervisor,
  type ManagerDefinition,
  type Principal,
  type RecordingLogger,
  recordingLogger,
  type SpawnOptions,
  type StoreBackend,
  type Supervisor,
  type SupervisorOptions,
} from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";

/** A manager to run: alone where it needs nothing, or with what `spawn` takes. */
export type ClusterMember =
  | ManagerDefinition<any, any, any>
  | readonly [ManagerDefinition<any, any, any>, SpawnOptions];

export interface ClusterOptions
  extends Pick<SupervisorOptions, "cluster" | "restart" | "capabilityInterval" | "transport" | "random"> {
  /** Default `test`. */
  readonly host?: string;
  readonly clock?: Clock;
  /** Default: in memory. */
  readonly store?: StoreBackend;
}

/** Managers that run in this process, with their tables in memory. */
export interface LocalCluster extends AsyncDisposable {
  readonly supervisor: Supervisor;
  /** What the managers and the runtime logged. */
  readonly log: RecordingLogger;
  ref<C extends AnyContract>(contract: C): Ref<C>;
  as(principal: Principal): Caller;
  stop(): Promise<void>;
}

/**
 * Runs managers in one line: `await using cluster = await localCluster([schedulerManager, [volumeManager, { driver }]])`.
 * Resolves when all are ready.
 *
 * @throws ReeveError as `Supervisor.start` does
 */
export async function localCluster(
  members: readonly ClusterMember[],
  { host = "test", store = sqlite({ path: ":memory:" }), ...options }: ClusterOptions = {},
): Promise<LocalCluster> {
  const log = recordingLogger();
  const supervisor = createSupervisor({ host, store, log, ...options });
  for (const member of members) {
    const [definition, spawnOptions] = Array.isArray(member)
      ? (member as [ManagerDefinition, SpawnOptions])
      : [member as ManagerDefinition, {}];
    supervisor.spawn(definition, spawnOptions);
  }
  await supervisor.start();
  return {
    supervisor,
    log,
    ref: (contract) => supervisor.ref(contract),
    as: (principal) => supervisor.as(principal),
    stop: () => supervisor.stop(),
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}
