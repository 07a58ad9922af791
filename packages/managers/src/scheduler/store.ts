import { column, defineStore, table } from "@reeve/runtime";

/** What all schedulers of a control plane share. */
export const schedulerStore = defineStore("scheduler", {
  tables: {
    reservations: table(
      {
        request: column.text().primaryKey(),
        manager: column.text(),
        address: column.text(),
        needs: column.json<Readonly<Record<string, number>>>(),
        holdMs: column.integer(),
        visibleEpoch: column.integer().nullable(),
        visibleCount: column.integer().nullable(),
        visibleIncarnation: column.text().nullable().since(2),
        visibleStore: column.text().nullable().since(2),
        /** When it ends, by the wall clock, so that it does whoever watches; of one that was removed, until when that is told. */
        heldUntil: column.timestamp().nullable().since(2),
        /** It ended. Its row stays for a while, so that every scheduler learns of it by its revision. */
        removed: column.boolean().default(false).since(3),
        revision: column.integer().index(),
      },
      { indexes: [{ columns: ["removed", "heldUntil"], since: 4 }] },
    ),
    /** One row, locked by the scheduler that decides. */
    ledgers: table({
      name: column.text().primaryKey(),
      /** Of the last change. */
      revision: column.integer(),
      removals: column.integer().until(3),
      /** Rows of what was removed up to this revision may be gone: a scheduler that has not read so far reads all. */
      horizon: column.integer().default(0).since(3),
    }),
  },
});

export type SchedulerStore = typeof schedulerStore;
