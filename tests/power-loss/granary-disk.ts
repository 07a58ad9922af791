import { join } from "node:path";
import type { StoreBackend } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";

type Open = (options: object) => ReturnType<StoreBackend["open"]>;

// Its bound for the log is not public: only tests need one that a short run reaches.
const internal = new URL("../../packages/runtime/src/store/sqlite/file-database.ts", import.meta.url).href;

/** The store of a granary. */
export function granaryDisk(directory: string, checkpointFrames?: number): StoreBackend {
  return fileDisk(join(directory, "store.sqlite"), checkpointFrames);
}

/** A store in a file. `checkpointFrames`: how much its log grows by before it is copied; default the product's own. */
export function fileDisk(path: string, checkpointFrames?: number): StoreBackend {
  if (checkpointFrames === undefined) return sqlite({ path });
  return {
    async open({ clock }) {
      const { FileDatabase } = (await import(internal)) as { readonly FileDatabase: { readonly open: Open } };
      return FileDatabase.open({ path, clock, checkpointFrames });
    },
  };
}
