// node --conditions=reeve-source examples/two-hosts/storage.ts nats://127.0.0.1:4222 /var/lib/reeve
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startForParent } from "@reeve/example-telling";
import { fileVolumes } from "@reeve/file-volumes";
import { volumeManager } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { backends, rules } from "./rules.ts";
import { slow } from "./slow-driver.ts";
import { speak } from "./word.ts";

const [, , servers = "nats://127.0.0.1:4222", directory = "."] = process.argv;
const host = "block-01";

const supervisor = createSupervisor({
  host,
  transport: nats({ servers, user: host, password: process.env.REEVE_PASSWORD }),
  store: sqlite({ path: join(directory, `${host}.sqlite`) }),
  log: { destination: { path: join(directory, `${host}.log`) } },
  capabilityInterval: "1s",
  // The hosts of one deployment believe each other on whose behalf they call. The caller "cli" is none of them.
  trustedForwarders: rules.trustedForwarders,
  // Whoever has the token of the page at ops-01 may act here.
  remoteOperators: { roles: ["operator"] },
});
for (const backend of backends) {
  const root = join(directory, backend);
  mkdirSync(root, { recursive: true });
  const driver = fileVolumes({ root });
  supervisor.spawn(volumeManager, {
    backend,
    driver: backend === "archive" ? slow(driver, 30_000) : driver,
    config: { labels: { media: backend } },
  });
}
await startForParent(supervisor);
speak({ event: "ready" });
