// The tables this manager owns. No other manager reaches them.
import { column, defineStore, table } from "@reeve/runtime";

export const volumeStore = defineStore("volume", {
  tables: {
    volumes: table({
      id: column.text().primaryKey(),
      name: column.text(),
      sizeGiB: column.integer(),
      status: column.text<"creating" | "available" | "deleting" | "error">(),
      host: column.text().index(),
    }),
  },
});
