import { column, defineStore, table } from "@reeve/runtime";

/** What all schedulers of a control plane share. */
export const schedulerStore = defineStore("scheduler", {
  tables: {
    reservations: table({
      request: column.text().primaryKey(),
      manager: column.text(),
      address: column.text(),
      needs: column.json<Readonly<Record<string, number>>>(),
      holdMs: column.integer(),
      visibleEpoch: column.integer().nullable(),
      visibleCount: column.integer().nullable(),
      visibleIncarnation: column.text().nullable().since(2),
      visibleStore: column.text().nullable().since(2),
      /** When it ends, by the wall clock, so that it does whoever watches. Null: written before version 2. */
      heldUntil: column.timestamp().nullable().since(2),
      revision: column.integer().index(),
    }),
    /** One row, locked by whoever decides. */
    ledgers: table({
      name: column.text().primaryKey(),
      /** Of the last change. */
      revision: column.integer(),
      /** How many reservations were ever removed. */
      removals: column.integer(),
    }),
  },
});

export type SchedulerStore = typeof schedulerStore;
