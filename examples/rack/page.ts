// A host without managers that serves the page of all others. It is there also while the database is not.
import { join } from "node:path";
import { inspector } from "@reeve/inspector";
import { sqlite } from "@reeve/runtime/sqlite";
import { settings } from "./settings.ts";
import { startHost } from "./start-host.ts";

const given = settings();
await startHost(given, {
  store: sqlite({ path: join(given.directory, `${given.host}.sqlite`) }),
  inspector: inspector({ port: 0 }),
});
