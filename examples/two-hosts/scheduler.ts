// node --conditions=reeve-source examples/two-hosts/scheduler.ts nats://127.0.0.1:4222 /var/lib/reeve
import { join } from "node:path";
import { startForParent } from "@reeve/example-telling";
import { schedulerManager } from "@reeve/managers/scheduler";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { rules } from "./rules.ts";
import { speak } from "./word.ts";

const [, , servers = "nats://127.0.0.1:4222", directory = "."] = process.argv;
const host = "sched-01";

const supervisor = createSupervisor({
  host,
  transport: nats({ servers, user: host, password: process.env.REEVE_PASSWORD }),
  store: sqlite({ path: join(directory, `${host}.sqlite`) }),
  log: { destination: { path: join(directory, `${host}.log`) } },
  // block-01 places on behalf of its own callers.
  trustedForwarders: rules.trustedForwarders,
  // Whoever has the token of the page at ops-01 may act here.
  remoteOperators: { roles: ["operator"] },
});
supervisor.spawn(schedulerManager);
await startForParent(supervisor);
speak({ event: "ready" });
