import { column, defineRuntimeStore, table } from "../../store/index.ts";

/** At most one row for each manager that ever ran on the database; an operator makes and removes them. */
export const cordonStore = defineRuntimeStore("cordon", {
  tables: {
    cordon: table({
      manager: column.text().primaryKey(),
      address: column.text().primaryKey(),
      reason: column.text(),
      by: column.text(),
      at: column.timestamp(),
    }),
  },
});
