import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { bellManager, Rope } from "./hall.ts";

// A host that a test operates from another process.
const [servers = "", path = ""] = process.argv.slice(2);
const rope = new Rope();
const supervisor = createSupervisor({
  ...{ host: "block-01", transport: nats({ servers }), store: sqlite({ path }), log: { level: "silent" } },
  ...{ trustedForwarders: ["web"], remoteOperators: { roles: ["operator"] } },
});
supervisor.spawn(bellManager(rope), { backend: "tower" });
await supervisor.start();
console.log("ready");
