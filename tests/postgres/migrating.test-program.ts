// Brings a store with several versions to its latest, says so, and ends.
import { postgres } from "@reeve/postgres";
import { column, defineStore, table } from "@reeve/runtime";
import { Database } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/store";

const [url = "", schema = "public"] = process.argv.slice(2);
const shared = defineStore("shared", {
  tables: {
    things: table({
      id: column.text().primaryKey(),
      name: column.text().default("none").since(2),
      size: column.integer().default(0).since(3),
    }),
  },
  migrations: {
    2: (tx) => tx.insertInto("things").values({ id: "seed", name: "made once" }).execute(),
  },
});

const database = await Database.open(postgres({ url, schema, pool: { max: 2 } }), { clock: systemClock });
await database.migrate(shared);
await database.write(
  (session) =>
    database
      .within(session, shared)
      .insertInto("things")
      .values({ id: String(process.pid) })
      .execute(),
  { timeoutMs: 10_000 },
);
await database.close();
