import type { Clock } from "../base/clock.ts";
import type { Ids } from "../base/ids.ts";
import type { Database } from "../store/index.ts";
import { identityStore } from "./identity-store.ts";

interface StoreIdentityOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * The identity of a database: made when it is first opened, and made anew when it is opened in another place, because a copy
 * goes on counting epochs where the original does too. Two that open one database at once are given the same.
 *
 * @throws ReeveError `MIGRATION_REFUSED`, `STORE_FAILED`
 */
export async function storeIdentity({ database, clock, ids }: StoreIdentityOptions): Promise<string> {
  await database.migrate(identityStore);
  return database.write(
    async (session) => {
      const { place } = database;
      const { builders } = database.queries(session, identityStore);
      const known = await builders.selectFrom("identity").select(["id", "place"]).executeTakeFirst();
      if (known?.place === place) return known.id;
      const id = ids();
      if (known) await builders.deleteFrom("identity").where("id", "=", known.id).execute();
      await builders
        .insertInto("identity")
        .values({ id, place, since: new Date(clock.wallNow()) })
        .execute();
      return id;
    },
    { timeoutMs: 10_000 },
  );
}
