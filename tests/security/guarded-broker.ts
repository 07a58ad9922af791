import { nats, type Permissions, type PermissionsOptions, permissions } from "@reeve/nats";
import { createSupervisor, type ManagerDefinition, type SpawnOptions, type SupervisorOptions } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type NatsServer, type NatsUser, natsServer, recordingLogger } from "@reeve/testing";
import { expect, onTestFinished, vi } from "vitest";

/** What a supervisor tries at start is refused where there are permissions, and says so in its own words. */
const tried = /somebody-else/;

const passwordOf = (caller: string) => `password-of-${caller}`;

/** A broker with the rules that {@link permissions} printed, and how its processes log in. Ends with the test. */
export interface GuardedBroker {
  readonly server: NatsServer;
  readonly printed: Permissions;
  /** What a process of this name connects with, in nats.js too. */
  login(caller: string): { readonly servers: string; readonly user: string; readonly password: string };
  link(caller: string): ReturnType<typeof nats>;
  /** What the broker has denied anybody, in its own words. */
  denied(): readonly string[];
}

/** Starts it with the printed text itself. */
export async function guardedBroker(options: PermissionsOptions): Promise<GuardedBroker> {
  const printed = permissions(options);
  for (const { caller } of printed.processes) {
    const [, variable = ""] = new RegExp(`user: "${caller}", password: \\$(\\w+)`).exec(printed.config) ?? [];
    vi.stubEnv(variable, passwordOf(caller));
  }
  onTestFinished(() => void vi.unstubAllEnvs());
  const server = await natsServer({ config: printed.config });
  onTestFinished(() => server.close());
  return brokerOf(server, printed);
}

export function brokerOf(server: NatsServer, printed: Permissions): GuardedBroker {
  const login = (caller: string) => ({ servers: server.url, user: caller, password: passwordOf(caller) });
  return {
    ...{ server, printed, login },
    link: (caller) => nats({ ...login(caller), reconnectWait: "20ms" }),
    denied: () => server.log.split("\n").filter((line) => line.includes("Violation") && !tried.test(line)),
  };
}

/** The same users as data, without some of their rules. */
export function users(
  printed: Permissions,
  without: (caller: string, right: string, subject: string) => boolean,
): NatsUser[] {
  return printed.processes.map(({ caller, rules }) => {
    const left = rules.filter(({ right, subject }) => !without(caller, right, subject));
    const subjects = (right: string) => left.filter((rule) => rule.right === right).map(({ subject }) => subject);
    // A list without entries permits everything.
    const some = (right: string) => (subjects(right).length > 0 ? subjects(right) : ["nothing"]);
    return { user: caller, password: passwordOf(caller), publish: some("publish"), subscribe: some("subscribe") };
  });
}

export type Spawned = readonly [ManagerDefinition<any, any, any>, SpawnOptions?];

/** A host of the deployment, started; it stops with the test. */
export async function startHost(
  broker: GuardedBroker,
  host: string,
  spawned: readonly Spawned[],
  options: Partial<SupervisorOptions> = {},
) {
  const log = recordingLogger();
  const { trustedForwarders } = broker.printed;
  const transport = broker.link(host);
  const shared = { host, transport, store: sqlite({ path: ":memory:" }), trustedForwarders, log };
  const supervisor = createSupervisor({ ...shared, ...options });
  for (const [definition, given = {}] of spawned) supervisor.spawn(definition, given);
  onTestFinished(() => supervisor.stop());
  await supervisor.start();
  return Object.assign(supervisor, {
    log,
    transport,
    /** @param manager `bell/block-01` */
    isNow: async (manager: string, accepts: (reasons: readonly string[]) => boolean) => {
      const [kind = "", address = ""] = manager.split("/");
      const report = await supervisor.until(kind, address, ({ status }) =>
        accepts(status.causes.map(({ reason }) => reason)),
      );
      return report.status;
    },
  });
}

/** Resolves when the condition holds. */
export const until = (holds: () => boolean | Promise<boolean>): Promise<void> =>
  expect.poll(holds, { timeout: 15_000 }).toBe(true) as unknown as Promise<void>;
