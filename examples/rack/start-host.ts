import { join } from "node:path";
import { startForParent } from "@reeve/example-telling";
import { nats } from "@reeve/nats";
import { postgres } from "@reeve/postgres";
import { createSupervisor, type Supervisor, type SupervisorOptions } from "@reeve/runtime";
import { rules } from "./rules.ts";
import type { Settings } from "./settings.ts";

interface Options extends Pick<SupervisorOptions, "cluster" | "store" | "inspector"> {
  readonly spawn?: (supervisor: Supervisor) => void;
}

/** Runs the supervisor of a host in this process. By default its managers' tables are in the database that all hosts share. */
export async function startHost(
  { host, servers, database, directory }: Settings,
  { spawn = () => {}, ...options }: Options,
): Promise<void> {
  const supervisor = createSupervisor({
    host,
    transport: nats({ servers, user: host, password: process.env.REEVE_PASSWORD }),
    store: postgres({ url: database }),
    log: { destination: { path: join(directory, `${host}.log`) } },
    capabilityInterval: "1s",
    trustedForwarders: rules.trustedForwarders,
    // Whoever has the token of the page may act here as well.
    remoteOperators: { roles: ["operator"] },
    ...options,
  });
  spawn(supervisor);
  await startForParent(supervisor);
  console.log(JSON.stringify({ ready: supervisor.inspectorUrl ?? host }));
}
