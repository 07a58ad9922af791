import { column, defineRuntimeStore, table } from "../store/index.ts";

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
      },
      { indexes: [{ columns: ["manager", "address"], unique: true }] },
    ),
    // Apart from the record, so that a write transaction shares only this row with a registration.
    fence: table({
      manager: column.text().primaryKey(),
      address: column.text().primaryKey(),
      epoch: column.integer(),
    }),
  },
});
