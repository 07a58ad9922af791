import type { AnyContract, Ref, Schema } from "@reeve/contract";
import type { AnyDriverPort } from "@reeve/driver-sdk";
import type { LifecycleStatus, ManagerDefinition, ManagerReport, SpawnOptions } from "@reeve/runtime";
import type { ClusterMember } from "./cluster-member.ts";
import { type ClusterOptions, type LocalCluster, localCluster } from "./local-cluster.ts";

export interface TestManagerOptions<P extends AnyDriverPort, Conf extends Schema>
  extends Omit<SpawnOptions<P, Conf>, "cluster">,
    ClusterOptions {
  /** Managers that it calls, started before it. */
  readonly others?: readonly ClusterMember[];
}

/** One manager under test. */
export interface TestedManager<C extends AnyContract> extends LocalCluster {
  /** Its typed ref; other contracts are reached through `ref`. */
  readonly calls: Ref<C>;
  readonly address: string;
  readonly status: LifecycleStatus;
  readonly report: ManagerReport;
  /** Ends it as a crash would and resolves when its next incarnation is ready. With a manual clock, advance that first. */
  crash(): Promise<void>;
  /** Drains it and starts it again. */
  restart(): Promise<void>;
  reset(): Promise<void>;
}

/**
 * Runs one manager in a test, with its tables in memory: `await using volume = await testManager(volumeManager, { driver, clock })`.
 *
 * @throws ReeveError as `Supervisor.start` does
 *
 * @example
 * ```ts
 * const eggs = contract("egg", "1.0", { boil: call({ input: z.object({}), output: z.literal("soft") }) });
 * const kitchen = defineManager({ contract: eggs, setup: () => ({ operations: { boil: () => "soft" as const } }) });
 * const tested = await testManager(kitchen, { clock: fakeClock() });
 * console.log(await tested.calls.boil({}), tested.status.state);
 * await tested.stop();
 * ```
 */
export async function testManager<C extends AnyContract, P extends AnyDriverPort, Conf extends Schema>(
  definition: ManagerDefinition<C, P, Conf>,
  { others = [], backend, driver, config, limits, ...options }: TestManagerOptions<P, Conf> = {},
): Promise<TestedManager<C>> {
  const given = {
    ...(backend !== undefined && { backend }),
    ...(driver !== undefined && { driver }),
    ...(config !== undefined && { config }),
    ...(limits !== undefined && { limits }),
  };
  const cluster = await localCluster([...others, [definition, given as SpawnOptions]], options);
  const { supervisor } = cluster;
  const { name } = definition.contract;
  const reportNow = () => supervisor.managers().findLast(({ manager }) => manager === name)!;
  const { address } = reportNow();
  return {
    ...cluster,
    calls: supervisor.ref(definition.contract),
    address,
    get status() {
      return reportNow().status;
    },
    get report() {
      return reportNow();
    },
    crash: async () => {
      const { epoch } = reportNow();
      supervisor.kill(name, address);
      await supervisor.until(name, address, (report) => report.epoch > epoch && report.status.phase === "ready");
    },
    restart: () => supervisor.restart(name, address),
    reset: () => supervisor.reset(),
  };
}
