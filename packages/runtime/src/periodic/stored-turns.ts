import type { Registration } from "../registry/index.ts";
import { column, type Database, defineRuntimeStore, table } from "../store/index.ts";
import type { TurnMemory } from "./turn-memory.ts";

export const turnStore = defineRuntimeStore("periodic", {
  tables: {
    /**
     * One row for each durable task of an address; those of tasks that are no more go at the next start there. Tasks of a cluster
     * have the cluster's address: members of another version may still run them, so theirs go a month after their last turn.
     */
    turns: table({
      manager: column.text().primaryKey(),
      address: column.text().primaryKey(),
      task: column.text().primaryKey(),
      at: column.timestamp(),
      completed: column.boolean(),
    }),
  },
});

export interface StoredTurnsOptions {
  readonly database: Database;
  readonly registration: Registration;
  /** The address that the members of the cluster share, whose turns these are. Undefined: they are this incarnation's own. */
  readonly cluster: string | undefined;
  /** The names of the durable tasks. */
  readonly tasks: readonly string[];
}

const bounded = { timeoutMs: 10_000 };
const keptForClusterMs = 30 * 24 * 60 * 60 * 1_000;

/** The durable tasks' turns in the manager's database, by its clock, written under the fence of the incarnation. */
export class StoredTurns implements TurnMemory {
  readonly #options: StoredTurnsOptions;

  private constructor(options: StoredTurnsOptions) {
    this.#options = options;
  }

  /** @throws ReeveError `MIGRATION_REFUSED`, `STORE_FAILED`, `FENCED` */
  static async open(options: StoredTurnsOptions): Promise<StoredTurns> {
    const { database, registration, tasks, cluster } = options;
    await database.migrate(turnStore);
    await database.write(async (session) => {
      await registration.fence.begin?.(session);
      const unknown = database
        .within(session, turnStore)
        .deleteFrom("turns")
        .where("manager", "=", registration.manager)
        .where("address", "=", cluster ?? registration.address)
        .where("task", "not in", [...tasks]);
      const before = new Date((await session.now()) - keptForClusterMs);
      await (cluster === undefined ? unknown : unknown.where("at", "<", before)).execute();
    }, bounded);
    return new StoredTurns(options);
  }

  async last(task: string): Promise<{ readonly agoMs: number; readonly completed: boolean }> {
    const { database, registration, cluster } = this.#options;
    const row = await database
      .reading(turnStore)
      .builders.selectFrom("turns")
      .select(["at", "completed"])
      .where("manager", "=", registration.manager)
      .where("address", "=", cluster ?? registration.address)
      .where("task", "=", task)
      .executeTakeFirst();
    const agoMs = row ? (await database.now()) - row.at.getTime() : -1;
    if (row && agoMs >= 0) return { agoMs, completed: row.completed };
    // Lives that are shorter than the interval would otherwise count it anew each time; a clock that was set back as well.
    const completed = row?.completed ?? false;
    await this.#put(task, 0, completed);
    return { agoMs: 0, completed };
  }

  completed(task: string, agoMs: number): Promise<void> {
    return this.#put(task, agoMs, true);
  }

  #put(task: string, agoMs: number, completed: boolean): Promise<void> {
    const { database, registration, cluster } = this.#options;
    const address = cluster ?? registration.address;
    return database.write(async (session) => {
      await registration.fence.begin?.(session);
      const row = { at: new Date((await session.now()) - agoMs), completed };
      await database
        .within(session, turnStore)
        .insertInto("turns")
        .values({ manager: registration.manager, address, task, ...row })
        .onConflict((conflict) => conflict.columns(["manager", "address", "task"]).doUpdateSet(row))
        .execute();
    }, bounded);
  }
}
