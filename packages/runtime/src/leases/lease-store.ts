import { column, defineRuntimeStore, table } from "../store/index.ts";

const leases = table(
  {
    name: column.text().primaryKey(),
    /** The manager and the address of its holder, and the epoch of that incarnation. */
    manager: column.text(),
    address: column.text(),
    holderEpoch: column.integer(),
    /** The process that renews it. Null: none does, and it expires. */
    keeper: column.text().nullable().index(),
    /** Higher than that of every holder before. */
    epoch: column.integer(),
    released: column.boolean(),
    /** By the database's clock. */
    expiresAt: column.timestamp().index(),
  },
  {},
);

/**
 * One row for each name that was held within the last day; whoever uses leases deletes older ones. One row of `leaseFloor`: the
 * highest epoch of a row that was deleted, so that the epochs of a name never go back.
 */
export const leaseStore = defineRuntimeStore("leases", {
  tables: { leases, leaseFloor: table({ id: column.text().primaryKey(), epoch: column.integer() }) },
});

/**
 * The leases beside the fences of their holders, to be asked of both in one statement: never migrated. The fences are the
 * registry's, which is above; a test compares them.
 */
export const fencedLeaseStore = defineRuntimeStore("fenced-leases", {
  tables: {
    leases,
    fence: table({
      manager: column.text().primaryKey(),
      address: column.text().primaryKey(),
      epoch: column.integer(),
    }),
  },
});
