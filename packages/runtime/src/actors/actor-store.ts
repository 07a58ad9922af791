import { column, defineRuntimeStore, type Row, table } from "../store/index.ts";

/**
 * `active`: it takes events. `done`, `error`: its machine has come to its end, or has failed as XState has it. `failed`: it stands
 * still because something threw that its machine knows nothing of; its manager's next incarnation tries that again.
 */
export type ActorStatus = "active" | "done" | "error" | "failed";

/**
 * Kept actors. Bounded by what managers keep: one that has ended is purged when its retention is over, by whoever holds it. Times
 * are by the database's clock, in milliseconds since 1970.
 */
export const actorStore = defineRuntimeStore("actors", {
  tables: {
    actors: table(
      {
        // Of manager, machine and actor.
        key: column.text().primaryKey(),
        manager: column.text(),
        machine: column.text(),
        actor: column.text(),
        // Whose incarnation runs it.
        holderAddress: column.text(),
        // Of the machine that has written it.
        version: column.integer(),
        status: column.text<ActorStatus>(),
        // Where its machine is, for lists; null for what has no states.
        value: column.text().nullable(),
        kept: column.text(),
        // From what the actions of the last turn are made again, until they are known to have run: the events, and as what it was
        // kept before the first of them; null where that was its beginning.
        unrun: column.text().nullable(),
        unrunFrom: column.text().nullable(),
        // Names the event of a child or an action that it took last: one whose commit nobody knows of is offered again.
        offered: column.text().nullable(),
        // Something is to be done for it as soon as it has a holder.
        awake: column.boolean(),
        // Of its earliest timer, or of its purge.
        dueAt: column.integer().nullable(),
        // Goes up with each turn: what turns compare and set.
        revision: column.integer(),
        lastError: column.text().nullable(),
        createdAt: column.timestamp(),
        changedAt: column.timestamp(),
      },
      {
        indexes: [
          { columns: ["manager", "holderAddress", "awake", "key"] },
          { columns: ["manager", "holderAddress", "dueAt"] },
          { columns: ["manager", "machine", "actor"] },
        ],
      },
    ),
  },
});

export type ActorRow = Row<typeof actorStore, "actors">;
