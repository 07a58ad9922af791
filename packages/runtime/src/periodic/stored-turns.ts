import type { Clock } from "../base/clock.ts";
import type { Registration } from "../registry/index.ts";
import { column, type Database, defineRuntimeStore, table } from "../store/index.ts";
import type { TurnMemory } from "./turn-memory.ts";

export const turnStore = defineRuntimeStore("periodic", {
  tables: {
    /** One row for each durable task of an address; those of tasks that are no more go at the next start there. */
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
  readonly clock: Clock;
  /** The names of the durable tasks. */
  readonly tasks: readonly string[];
}

const bounded = { timeoutMs: 10_000 };

/** The durable tasks' turns in the manager's database, written under the fence of the incarnation. */
export class StoredTurns implements TurnMemory {
  readonly #options: StoredTurnsOptions;

  private constructor(options: StoredTurnsOptions) {
    this.#options = options;
  }

  /** @throws ReeveError `MIGRATION_REFUSED`, `STORE_FAILED`, `FENCED` */
  static async open(options: StoredTurnsOptions): Promise<StoredTurns> {
    const { database, registration, tasks } = options;
    await database.migrate(turnStore);
    const { manager, address } = registration;
    await database.write(async (session) => {
      await registration.fence.begin?.(session);
      await database
        .within(session, turnStore)
        .deleteFrom("turns")
        .where("manager", "=", manager)
        .where("address", "=", address)
        .where("task", "not in", [...tasks])
        .execute();
    }, bounded);
    return new StoredTurns(options);
  }

  async last(task: string): Promise<{ readonly at: number; readonly completed: boolean }> {
    const { database, registration, clock } = this.#options;
    const { manager, address } = registration;
    const row = await database
      .reading(turnStore)
      .builders.selectFrom("turns")
      .select(["at", "completed"])
      .where("manager", "=", manager)
      .where("address", "=", address)
      .where("task", "=", task)
      .executeTakeFirst();
    const now = clock.wallNow();
    if (row && row.at.getTime() <= now) return { at: row.at.getTime(), completed: row.completed };
    // Lives that are shorter than the interval would otherwise count it anew each time; a clock that was set back as well.
    const completed = row?.completed ?? false;
    await this.#put(task, now, completed);
    return { at: now, completed };
  }

  completed(task: string, at: number): Promise<void> {
    return this.#put(task, at, true);
  }

  #put(task: string, at: number, completed: boolean): Promise<void> {
    const { database, registration } = this.#options;
    const { manager, address } = registration;
    const row = { at: new Date(at), completed };
    return database.write(async (session) => {
      await registration.fence.begin?.(session);
      await database
        .within(session, turnStore)
        .insertInto("turns")
        .values({ manager, address, task, ...row })
        .onConflict((conflict) => conflict.columns(["manager", "address", "task"]).doUpdateSet(row))
        .execute();
    }, bounded);
  }
}
