import { type Database, type NewRow, QueryTemplate } from "../store/index.ts";
import { workStore } from "./work-store.ts";

type NewWork = Required<Omit<NewRow<typeof workStore, "work">, "claims" | "failedRecoveries" | "lastError">>;

interface Claimed {
  readonly id: string;
  /** As its row has it, if nobody has claimed it since. */
  readonly claims: number;
}

interface Held extends Claimed {
  readonly holderAddress: string;
  readonly holderEpoch: number;
}

/** What each piece of work asks of the journal. */
export function journalQueries(database: Database) {
  const { builders } = database.reading(workStore);
  const { layout } = workStore;

  const begin = new QueryTemplate<NewWork, unknown>(layout, (slot) =>
    builders.insertInto("work").values({
      id: slot("id"),
      manager: slot("manager"),
      kind: slot("kind"),
      resource: slot("resource"),
      payload: slot("payload"),
      address: slot("address"),
      epoch: slot("epoch"),
      begunAt: slot("begunAt"),
      holderAddress: slot("holderAddress"),
      holderEpoch: slot("holderEpoch"),
      key: slot("key"),
      principal: slot("principal"),
    }),
  );

  const held = new QueryTemplate<Held, { readonly id: string }>(layout, (slot) =>
    builders
      .selectFrom("work")
      .select("id")
      .where("id", "=", slot("id"))
      .where("claims", "=", slot("claims"))
      .where("holderAddress", "=", slot("holderAddress"))
      .where("holderEpoch", "=", slot("holderEpoch")),
  );

  const clear = new QueryTemplate<Claimed, unknown>(layout, (slot) =>
    builders.deleteFrom("work").where("id", "=", slot("id")).where("claims", "=", slot("claims")),
  );

  return { begin, held, clear };
}
