import { ReeveError } from "@reeve/contract";
import type { VolumeHandles } from "./handles.ts";
import { changeVolume } from "./status.ts";

/** Connects again, after a start, what was connected before it. A volume that cannot be is in `error` (Cinder's re-export at start). */
export async function reconnect(handles: VolumeHandles, signal: AbortSignal): Promise<void> {
  const { store, driver, address, log } = handles;
  const connected = await store
    .selectFrom("volumes")
    .select("id")
    .where("host", "=", address)
    .where("connected", "=", true)
    .where("status", "=", "available")
    .execute();
  for (const { id } of connected) {
    try {
      await driver.connect({ id }, { signal });
    } catch (error) {
      // Without a driver it is not this volume that is at fault: the start is tried again.
      if (!(error instanceof ReeveError) || error.reason !== "DRIVER_FAILED") throw error;
      log.error({ id, err: error }, "a volume could not be connected again");
      const fault = { reason: "FAILED", message: error.message } as const;
      await store.transaction((tx) => changeVolume(tx, id, "available", { status: "error", fault }));
    }
  }
}
