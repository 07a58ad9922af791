import { column, defineRuntimeStore, table } from "../store/index.ts";

/** Apart from the registry's own tables, so that a version of the runtime that does not know of it still opens the database. */
export const identityStore = defineRuntimeStore("identity", {
  tables: {
    /** One row. */
    identity: table({
      id: column.text().primaryKey(),
      /** Where the database lay when it was given the id. */
      place: column.text(),
      since: column.timestamp(),
    }),
  },
});
