import { reeveError } from "@reeve/contract";
import type { VolumeHandles } from "./handles.ts";

/**
 * Refuses work before it has begun while its driver is away: once begun, neither it nor its recovery could go on until
 * the driver is back, and the volume would be busy that long.
 *
 * @throws ReeveError `DRIVER_LOST`
 */
export function requireDriver({ driver, address }: Pick<VolumeHandles, "driver" | "address">): void {
  if (!driver.healthy) throw reeveError("DRIVER_LOST", `${address} has no driver now; nothing was begun`);
}
