import { type AnyContract, type Ref, reeveError } from "@reeve/contract";
import { nats } from "@reeve/nats";
import {
  type Caller,
  type Connection,
  connect,
  createSupervisor,
  type Principal,
  type StoreBackend,
  type Supervisor,
  type SupervisorOptions,
} from "@reeve/runtime";
import { type RecordingLogger, recordingLogger } from "@reeve/runtime/internal";
import { sqlite } from "@reeve/runtime/sqlite";
import { type NatsServer, type NatsServerOptions, natsServer } from "../nats-server/index.ts";
import { type ClusterMember, spawnMembers } from "./cluster-member.ts";

export interface NatsClusterOptions extends Pick<SupervisorOptions, "cluster" | "restart" | "capabilityInterval"> {
  /** The managers of each host, by the host's name. */
  readonly hosts: Readonly<Record<string, readonly ClusterMember[]>>;
  /** For the broker. Default: a plain one on a free port. */
  readonly server?: NatsServerOptions;
  /** A host's store. Default: in memory. Hosts share no tables. */
  readonly store?: (host: string) => StoreBackend;
  /** The name that {@link NatsCluster.ref} calls under. Default `test`. */
  readonly caller?: string;
  /**
   * Whose word every host takes on whose behalf they call. Default: all of them, and the caller, so that {@link NatsCluster.as}
   * is believed. `[]`: nobody's.
   */
  readonly trustedForwarders?: readonly string[];
}

/** Hosts that reach each other, and are reached, through a real broker only. */
export interface NatsCluster extends AsyncDisposable {
  /** The broker: kill, pause and restart it. */
  readonly server: NatsServer;
  /** What the managers and the runtime of every host, and the caller's, logged. */
  readonly log: RecordingLogger;
  /** @throws ReeveError `INVALID_OPTION` when there is none of this name */
  host(name: string): Supervisor;
  /** As a process would that hosts no manager. */
  ref<C extends AnyContract>(contract: C): Ref<C>;
  as(principal: Principal): Caller;
  /** Drains every host, then ends the broker. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Runs managers on hosts of their own, in this process but over a real broker, in one line:
 * `await using cluster = await natsCluster({ hosts: { "sched-01": [schedulerManager], "block-01": [[volumeManager, { driver }]] } })`.
 * The hosts start together. Resolves when all are ready.
 *
 * @throws ReeveError as `Supervisor.spawn` and `Supervisor.start` do; nothing is left running then
 * @throws Error when there is no nats-server
 *
 * @example
 * ```ts
 * await using cluster = await natsCluster({ hosts: { "tower-01": [bellManager], "tower-02": [bellManager] } });
 * await cluster.server.kill();
 * ```
 */
export async function natsCluster(options: NatsClusterOptions): Promise<NatsCluster> {
  const {
    hosts,
    server: serverOptions,
    store = () => sqlite({ path: ":memory:" }),
    caller = "test",
    trustedForwarders = [...Object.keys(hosts), caller],
    ...rest
  } = options;
  const log = recordingLogger();
  const server = await natsServer(serverOptions);
  const supervisors = new Map<string, Supervisor>();
  let connection: Connection | undefined;
  const stopAll = async () => {
    try {
      await connection?.close();
      await allOf([...supervisors.values()].map((supervisor) => supervisor.stop()));
    } finally {
      await server.close();
    }
  };
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll();
    return stopping;
  };
  const transport = (name: string) => nats({ servers: server.url, caller: name });
  try {
    for (const [host, members] of Object.entries(hosts)) {
      const own = { host, transport: transport(host), store: store(host) };
      const supervisor = createSupervisor({ ...rest, ...own, trustedForwarders, log });
      supervisors.set(host, supervisor);
      spawnMembers(supervisor, members);
    }
    await allOf([...supervisors.values()].map((supervisor) => supervisor.start()));
    connection = await connect({ transport: transport(caller), log });
  } catch (error) {
    await stop();
    throw error;
  }
  const { ref, as } = connection;
  return { server, log, host: (name) => named(supervisors, name), ref, as, stop, [Symbol.asyncDispose]: stop };
}

/** Waits for all, whatever becomes of one, and then throws the first failure. */
async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  for (const settled of await Promise.allSettled(promises)) {
    if (settled.status === "rejected") throw settled.reason;
  }
}

function named(supervisors: ReadonlyMap<string, Supervisor>, name: string): Supervisor {
  const supervisor = supervisors.get(name);
  if (supervisor) return supervisor;
  const known = [...supervisors.keys()].join(", ");
  throw reeveError("INVALID_OPTION", `natsCluster: host: expected one of ${known}, got ${JSON.stringify(name)}`);
}
