import type { Database } from "../../store/index.ts";
import { cordonStore } from "./cordon-store.ts";
import { managerName } from "./manager-name.ts";
import type { Cordon } from "./schemas.ts";

const bounded = { timeoutMs: 10_000 };

/**
 * Managers that nothing is to be placed on. Kept in the host's database, so that a restart of manager or process changes
 * nothing; a change is committed before it takes effect, and one that cannot be committed does not.
 */
export class Cordons {
  readonly #database: Database;
  readonly #cordons = new Map<string, Cordon>();
  /** One change at a time: what is known here is what was committed last. */
  #changed: Promise<unknown> = Promise.resolve();

  private constructor(database: Database) {
    this.#database = database;
  }

  /**
   * @param host only what lies at its addresses is read: others may share the database
   * @throws ReeveError `MIGRATION_REFUSED`, `STORE_FAILED`
   */
  static async open(database: Database, host: string): Promise<Cordons> {
    await database.migrate(cordonStore);
    const cordons = new Cordons(database);
    const rows = await database.reading(cordonStore).builders.selectFrom("cordon").selectAll().execute();
    for (const { manager, address, reason, by, at } of rows) {
      if (address !== host && !address.startsWith(`${host}@`)) continue;
      cordons.#cordons.set(managerName(manager, address), { reason, by, at: at.getTime() });
    }
    return cordons;
  }

  of(name: string): Cordon | undefined {
    return this.#cordons.get(name);
  }

  /** @throws ReeveError `STORE_FAILED`, `TRANSACTION_TIMEOUT`: then it is as it was */
  set(manager: string, address: string, cordon: Cordon): Promise<void> {
    return this.#change(manager, address, cordon);
  }

  /** @throws ReeveError `STORE_FAILED`, `TRANSACTION_TIMEOUT`: then it is as it was */
  remove(manager: string, address: string): Promise<void> {
    return this.#change(manager, address, undefined);
  }

  #change(manager: string, address: string, cordon: Cordon | undefined): Promise<void> {
    const changed = this.#changed.then(() => this.#write(manager, address, cordon));
    this.#changed = changed.catch(() => undefined);
    return changed;
  }

  async #write(manager: string, address: string, cordon: Cordon | undefined): Promise<void> {
    await this.#database.write(async (session) => {
      const { builders } = this.#database.queries(session, cordonStore);
      await builders.deleteFrom("cordon").where("manager", "=", manager).where("address", "=", address).execute();
      if (!cordon) return;
      const { reason, by, at } = cordon;
      await builders
        .insertInto("cordon")
        .values({ manager, address, reason, by, at: new Date(at) })
        .execute();
    }, bounded);
    const name = managerName(manager, address);
    if (cordon) this.#cordons.set(name, cordon);
    else this.#cordons.delete(name);
  }
}
