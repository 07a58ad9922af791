import type { AnyContract, Ref } from "@reeve/contract";
import {
  type Caller,
  type Clock,
  createSupervisor,
  type Principal,
  type StoreBackend,
  type Supervisor,
  type SupervisorOptions,
} from "@reeve/runtime";
import { type RecordingLogger, recordingLogger } from "@reeve/runtime/internal";
import { sqlite } from "@reeve/runtime/sqlite";
import { type ClusterMember, spawnMembers } from "./cluster-member.ts";

export interface ClusterOptions
  extends Pick<
    SupervisorOptions,
    "cluster" | "restart" | "stopTimeout" | "capabilityInterval" | "transport" | "trustedForwarders" | "random"
  > {
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
 *
 * @example
 * ```ts
 * await using cluster = await localCluster([schedulerManager, [volumeManager, { driver }]]);
 * const volume = cluster.ref(volumes);
 * ```
 */
export async function localCluster(
  members: readonly ClusterMember[],
  { host = "test", store = sqlite({ path: ":memory:" }), ...options }: ClusterOptions = {},
): Promise<LocalCluster> {
  const log = recordingLogger();
  const supervisor = createSupervisor({ host, store, log, ...options });
  spawnMembers(supervisor, members);
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
