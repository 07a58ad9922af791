import { systemClock } from "../../base/clock.ts";
import { column, Database, defineStore, table } from "../index.ts";
import { FileDatabase } from "./file-database.ts";

/** Writes until the log has been copied a few times, closes, and says so when that is done; nothing else keeps it alive. */
const notes = defineStore("note", { tables: { notes: table({ id: column.integer().primaryKey() }) } });
const backend = { open: () => FileDatabase.open({ path: process.argv[2]!, clock: systemClock, checkpointFrames: 8 }) };
const database = await Database.open(backend, { clock: systemClock });
await database.migrate(notes);
for (let id = 0; id < 60; id++) {
  await database.write((session) => database.within(session, notes).insertInto("notes").values({ id }).execute(), {
    timeoutMs: 60_000,
  });
}
await database.close();
process.stdout.write("closed\n");
