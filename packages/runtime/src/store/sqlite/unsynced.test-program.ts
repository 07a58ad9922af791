import { systemClock } from "../../base/clock.ts";
import { column, Database, defineStore, table } from "../index.ts";
import { FileDatabase } from "./file-database.ts";
import { syncFile } from "./wal-file.ts";

/** Commits a row that is synced and acknowledged, then one that waits for a sync that never ends; tells of both on stdout. */
const notes = defineStore("note", { tables: { notes: table({ id: column.text().primaryKey() }) } });
let stuck = false;
const path = process.argv[2]!;
const options = {
  path,
  clock: systemClock,
  syncFile: (file: Parameters<typeof syncFile>[0]) => {
    if (!stuck) return syncFile(file);
    process.stdout.write("committed\n");
    return new Promise<void>(() => {});
  },
};
const database = await Database.open({ open: () => FileDatabase.open(options) }, { clock: systemClock });
await database.migrate(notes);
const insert = (id: string) =>
  database.write((session) => database.within(session, notes).insertInto("notes").values({ id }).execute(), {
    timeoutMs: 60_000,
  });
await insert("acknowledged");
process.stdout.write("acknowledged\n");
stuck = true;
void insert("committed");
process.stdin.resume();
