import { type IdempotencyKey, keyText } from "../rpc/idempotency-key.ts";
import type { Database, RowAccess, Session } from "../store/index.ts";
import { type KeyRow, keyStore } from "./key-store.ts";
import { workStore } from "./work-store.ts";

type KeyChanges = Partial<Pick<KeyRow, "state" | "provisional" | "answer" | "resource" | "caster">>;

/** The idempotency keys of a database. */
export class KeyRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(id: IdempotencyKey, session?: Session): Promise<KeyRow | undefined> {
    return (await this.#rows(session).find("callKeys", id)) as KeyRow | undefined;
  }

  async insert(session: Session, row: KeyRow): Promise<void> {
    await this.#rows(session).insert("callKeys", row);
  }

  /** What has been purged meanwhile is not changed. */
  async update(session: Session, id: IdempotencyKey, changes: KeyChanges): Promise<void> {
    await this.#rows(session).change("callKeys", id, changes);
  }

  /** A run that has not ended will not end. */
  async interrupt(session: Session, id: IdempotencyKey): Promise<void> {
    await this.#within(session)
      .updateTable("callKeys")
      .set({ state: "interrupted" })
      .where((row) => row.and({ ...fieldsOf(id), state: "running" }))
      .execute();
  }

  /** Whether work that was begun under the key has not been finished or recovered. */
  async hasWork(id: IdempotencyKey, session?: Session): Promise<boolean> {
    const builders = session ? this.#database.within(session, workStore) : this.#database.reading(workStore).builders;
    const job = await builders.selectFrom("work").select("id").where("key", "=", keyText(id)).executeTakeFirst();
    return job !== undefined;
  }

  /** How many keys of casts are kept for one that delivers them. */
  async countOf(manager: string, caster: string): Promise<number> {
    const { count } = await this.#database
      .reading(keyStore)
      .builders.selectFrom("callKeys")
      .select((row) => row.fn.countAll().as("count"))
      .where("manager", "=", manager)
      .where("caster", "=", caster)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** Deletes keys of casts, of those that this one delivered. Returns which. */
  deleteCasts(
    session: Session,
    manager: string,
    caster: string,
    keys: readonly string[],
  ): Promise<readonly IdempotencyKey[]> {
    return this.#within(session)
      .deleteFrom("callKeys")
      .where("manager", "=", manager)
      .where("caster", "=", caster)
      .where("key", "in", keys)
      .returning(["manager", "operation", "tenant", "user", "key"])
      .execute();
  }

  /** Those of casts are not for a time. */
  async deleteOlderThan(session: Session, date: Date): Promise<number> {
    const { numDeletedRows } = await this.#within(session)
      .deleteFrom("callKeys")
      .where("createdAt", "<", date)
      .where("caster", "is", null)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }

  #rows(session: Session | undefined): RowAccess {
    return this.#database.rows(session ? this.#database.queries(session, keyStore) : this.#database.reading(keyStore));
  }

  #within(session: Session) {
    return this.#database.within(session, keyStore);
  }
}

/** A row has more fields than these. */
function fieldsOf({ manager, operation, tenant, user, key }: IdempotencyKey): IdempotencyKey {
  return { manager, operation, tenant, user, key };
}
