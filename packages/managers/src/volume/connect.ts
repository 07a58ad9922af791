import { reachableRow, requireDriver } from "../resource/index.ts";
import type { VolumeHandles, VolumeOperations } from "./handles.ts";
import type { Reconnection } from "./reconnect.ts";

/**
 * Connects volumes to the host they are on. That one is connected is noted first: a crash in between leaves a note too
 * many, which `disconnect` takes away, and never a connected volume that can be deleted.
 */
export function connections(
  handles: VolumeHandles,
  reconnection: Reconnection,
): Pick<VolumeOperations, "connect" | "disconnect"> {
  const { store, work, driver } = handles;
  return {
    async connect({ id }, ctx) {
      requireDriver(handles);
      await store.transaction(async (tx) => {
        const { status } = await reachableRow(tx, "volumes", id, ctx);
        await work.requireReleased(tx, id);
        if (status !== "available") ctx.fail("WRONG_STATUS", { status });
        await tx.update("volumes", id, { connected: true });
      });
      const connection = await driver.connect({ id }, { signal: ctx.signal });
      reconnection.done(id);
      return connection;
    },

    async disconnect({ id }, ctx) {
      const volume = await reachableRow(store, "volumes", id, ctx);
      if (!volume.connected) return volume;
      return reconnection.disconnect(id, async () => {
        await driver.disconnect({ id }, { signal: ctx.signal });
        return store.transaction((tx) => tx.update("volumes", id, { connected: false }));
      });
    },
  };
}
