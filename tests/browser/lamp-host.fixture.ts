import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { inspector } from "@reeve/inspector";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { lampManager } from "./lamps.ts";

// A host that a test kills. It does what it is told on its standard input, one word a line.
const text = { type: "string" } as const;
const {
  servers,
  host = "",
  port,
  token,
} = parseArgs({
  options: { servers: text, host: text, port: text, token: text },
}).values;
const supervisor = createSupervisor({
  host,
  transport: nats({ servers: servers! }),
  trustedForwarders: ["block-*"],
  remoteOperators: { roles: ["operator"] },
  store: sqlite({ path: ":memory:" }),
  log: { level: "silent" },
  restart: { maxRestarts: 0 },
  ...(port === undefined ? {} : { inspector: inspector({ port: Number(port), token: token! }) }),
});
supervisor.spawn(lampManager);
supervisor.spawn(lampManager, { backend: "spare" });
supervisor.handleSignals();
await supervisor.start();
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "crash") supervisor.kill("lamp", host);
  if (line === "hold") while (true);
});
console.log(supervisor.inspectorUrl ?? "ready");
