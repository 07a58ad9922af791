// node --conditions=reeve-source examples/provisioning/host.ts '{"broker":"nats://127.0.0.1:4222","directory":"/srv/rack"}'
import { join } from "node:path";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { serverManager } from "./manager.ts";

const { broker, directory }: { readonly broker: string; readonly directory: string } = JSON.parse(process.argv[2]!);
const supervisor = createSupervisor({
  host: "rack-01",
  transport: nats({ servers: broker }),
  store: sqlite({ path: join(directory, "servers.sqlite") }),
  // Who approves is whoever the caller says.
  trustedForwarders: ["desk"],
  log: { level: "error" },
});
// Days and hours, were it not for an example.
supervisor.spawn(serverManager, {
  config: { images: directory, rackWithinMs: 6_000, pauseMs: 200, burnInMs: 500 },
});
supervisor.handleSignals();
await supervisor.start();
console.log("ready");
