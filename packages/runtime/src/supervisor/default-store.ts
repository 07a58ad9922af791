import { resolve } from "node:path";
import type { StoreBackend } from "../store/index.ts";

/** The SQLite file `<host>.sqlite` of the working directory. SQLite is loaded when it is opened: a process on another store never does. */
export function defaultStore(host: string): StoreBackend {
  const path = resolve(`${host}.sqlite`);
  return {
    open: async (options) => {
      const { sqlite } = await import("../store/sqlite/index.ts");
      return sqlite({ path }).open(options);
    },
  };
}
