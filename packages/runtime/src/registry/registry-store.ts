import { column, defineRuntimeStore, table } from "../store/index.ts";

/** What goes by a name. */
export type NameKind = "host" | "cluster";

export const registryStore = defineRuntimeStore("registry", {
  tables: {
    service: table(
      {
        id: column.text().primaryKey(),
        manager: column.text(),
        address: column.text(),
        cluster: column.text().nullable(),
        version: column.text(),
        registeredAt: column.timestamp(),
        // Whether its cluster may finish its work: its driver fences, or it has none.
        shared: column.boolean().default(false).since(2),
      },
      { indexes: [{ columns: ["manager", "address"], unique: true }] },
    ),
    // What a host and a cluster are called: an address of one must never be taken for one of the other.
    names: table({ name: column.text().primaryKey(), kind: column.text<NameKind>() }, { since: 2 }),
    // Apart from the record, so that a write transaction shares only this row with a registration.
    fence: table({
      manager: column.text().primaryKey(),
      address: column.text().primaryKey(),
      epoch: column.integer(),
      // The address that raised it to finish the work of who lived here; null where it was raised by who lives here.
      raisedBy: column.text().nullable().since(2),
    }),
  },
});
