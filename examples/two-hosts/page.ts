// node --conditions=reeve-source examples/two-hosts/page.ts nats://127.0.0.1:4222 /var/lib/reeve
import { join } from "node:path";
import { startForParent } from "@reeve/example-telling";
import { inspector } from "@reeve/inspector";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { rules } from "./rules.ts";
import { speak } from "./word.ts";

const [, , servers = "nats://127.0.0.1:4222", directory = "."] = process.argv;
const host = "ops-01";

// It has no manager: whichever of the others is killed, the page is there.
const supervisor = createSupervisor({
  host,
  transport: nats({ servers, user: host, password: process.env.REEVE_PASSWORD }),
  store: sqlite({ path: join(directory, `${host}.sqlite`) }),
  log: { destination: { path: join(directory, `${host}.log`) } },
  trustedForwarders: rules.trustedForwarders,
  inspector: inspector({ port: 0 }),
});
await startForParent(supervisor);
speak({ event: "ready", page: supervisor.inspectorUrl });
