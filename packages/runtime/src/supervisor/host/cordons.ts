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
  async set(manager: string, address: string, cordon: Cordon): Promise<void> {
    const { reason, by } = cordon;
    const row = { manager, address, reason, by, at: new Date(cordon.at) };
    await this.#database.write(async (session) => {
      const { builders } = this.#database.queries(session, cordonStore);
      await builders.deleteFrom("cordon").where("manager", "=", manager).where("address", "=", address).execute();
      await builders.insertInto("cordon").values(row).execute();
    }, bounded);
    this.#cordons.set(managerName(manager, address), cordon);
  }

  /** @throws ReeveError `STORE_FAILED`, `TRANSACTION_TIMEOUT`: then it is as it was */
  async remove(manager: string, address: string): Promise<void> {
    await this.#database.write(async (session) => {
      const { builders } = this.#database.queries(session, cordonStore);
      await builders.deleteFrom("cordon").where("manager", "=", manager).where("address", "=", address).execute();
    }, bounded);
    this.#cordons.delete(managerName(manager, address));
  }
}
