import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { sqlite } from "@reeve/runtime/sqlite";
import { systemClock } from "@reeve/runtime/transport";
import { granaryStore, type Sack } from "./granary.ts";
import type { Mark } from "./marks.ts";
import type { LifeSettings } from "./recording.ts";

// A life in which the store is opened and read and nothing else is done. It ends as after kill -9.
const { directory } = JSON.parse(process.argv[2] ?? "{}") as LifeSettings;
const marks = openSync(join(directory, "marks"), "w");
const connections = await sqlite({ path: join(directory, "store.sqlite") }).open({ clock: systemClock });
const { physicalName } = granaryStore.layout.tables.get("sacks")!;
const query = { sql: `select "id", "stored", "revision" from ${physicalName}`, parameters: [] };
const { rows } = await connections.read(granaryStore.layout, query as never);
for (const sack of rows as readonly Sack[]) {
  const mark: Mark = { told: "shown", sack };
  writeSync(marks, JSON.stringify(mark));
}
process.kill(process.pid, "SIGKILL");
