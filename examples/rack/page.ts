// A host without managers that serves the page of all others.
import { join } from "node:path";
import { inspector } from "@reeve/inspector";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { rules } from "./rules.ts";
import { settings } from "./settings.ts";

const { host, servers, directory } = settings();
const supervisor = createSupervisor({
  host,
  transport: nats({ servers, user: host, password: process.env.REEVE_PASSWORD }),
  store: sqlite({ path: join(directory, `${host}.sqlite`) }),
  log: { destination: { path: join(directory, `${host}.log`) } },
  trustedForwarders: rules.trustedForwarders,
  inspector: inspector({ port: 0 }),
});
supervisor.handleSignals();
await supervisor.start();
// It does not outlive the process that started it.
process.stdin
  .once("end", () => void supervisor.stop())
  .resume()
  .unref();
console.log(JSON.stringify({ ready: supervisor.inspectorUrl }));
