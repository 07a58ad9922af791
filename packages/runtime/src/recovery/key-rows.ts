import type { Database, Session } from "../store/index.ts";
import { type KeyRow, keyStore } from "./key-store.ts";

type KeyId = Pick<KeyRow, "manager" | "caller" | "key">;

/** The idempotency keys of a database. */
export class KeyRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find({ manager, caller, key }: KeyId, session?: Session): Promise<KeyRow | undefined> {
    const builders = session ? this.#within(session) : this.#database.reading(keyStore).builders;
    return builders
      .selectFrom("keys")
      .selectAll()
      .where("manager", "=", manager)
      .where("caller", "=", caller)
      .where("key", "=", key)
      .executeTakeFirst();
  }

  async insert(session: Session, row: KeyRow): Promise<void> {
    await this.#within(session).insertInto("keys").values(row).execute();
  }

  async update(
    session: Session,
    id: KeyId,
    changes: Partial<Pick<KeyRow, "state" | "provisional" | "answer">>,
  ): Promise<void> {
    await this.#within(session)
      .updateTable("keys")
      .set(changes)
      .where("manager", "=", id.manager)
      .where("caller", "=", id.caller)
      .where("key", "=", id.key)
      .execute();
  }

  async deleteOlderThan(session: Session, date: Date): Promise<number> {
    const { numDeletedRows } = await this.#within(session)
      .deleteFrom("keys")
      .where("createdAt", "<", date)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }

  #within(session: Session) {
    return this.#database.within(session, keyStore);
  }
}
