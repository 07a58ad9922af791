import { type PostgresOptions, postgres } from "@reeve/postgres";
import { column, defineStore, type Store, table } from "@reeve/runtime";
import { Database, OpenStore } from "@reeve/runtime/internal";
import { type Clock, systemClock } from "@reeve/runtime/store";

export const counters = defineStore("counter", {
  tables: { counters: table({ id: column.text().primaryKey(), value: column.integer().default(0) }) },
});

export interface Counters extends AsyncDisposable {
  readonly database: Database;
  readonly store: Store<typeof counters>;
}

/** The store of the counters in a database, its tables made. */
export async function openCounters(options: PostgresOptions, clock: Clock = systemClock): Promise<Counters> {
  const database = await Database.open(postgres(options), { clock });
  await database.migrate(counters);
  const { store } = new OpenStore({ database, definition: counters });
  return { database, store, [Symbol.asyncDispose]: () => database.close() };
}
