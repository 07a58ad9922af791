import { join } from "node:path";
import { nats } from "@reeve/nats";
import { postgres } from "@reeve/postgres";
import { createSupervisor, type Supervisor } from "@reeve/runtime";
import { rules } from "./rules.ts";
import type { Settings } from "./settings.ts";

/** Runs the supervisor of a host in this process: its managers' tables are in the database that all hosts share. */
export async function startHost(
  { host, servers, database, directory }: Settings,
  options: { readonly cluster?: string | undefined; spawn(supervisor: Supervisor): void },
): Promise<void> {
  const supervisor = createSupervisor({
    host,
    cluster: options.cluster,
    transport: nats({ servers, user: host, password: process.env.REEVE_PASSWORD }),
    store: postgres({ url: database }),
    log: { destination: { path: join(directory, `${host}.log`) } },
    capabilityInterval: "1s",
    trustedForwarders: rules.trustedForwarders,
    // Whoever has the token of the page may act here as well.
    remoteOperators: { roles: ["operator"] },
  });
  options.spawn(supervisor);
  supervisor.handleSignals();
  await supervisor.start();
  // It does not outlive the process that started it.
  process.stdin
    .once("end", () => void supervisor.stop())
    .resume()
    .unref();
  console.log(JSON.stringify({ ready: host }));
}
