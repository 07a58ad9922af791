import { reeveError } from "@reeve/contract";

/** What a manager knows of its driver: its handles. */
export interface DriverHealth {
  readonly driver: { readonly healthy: boolean };
  readonly address: string;
}

/**
 * Refuses work before it has begun while its driver is away: once begun, neither it nor its recovery could go on until
 * the driver is back, and the resource would be busy that long.
 *
 * @throws ReeveError `DRIVER_LOST`
 * @example
 * ```ts
 * requireDriver(handles);
 * const job = await store.transaction((tx) => work.begin(tx, "volume.deleting", id));
 * ```
 */
export function requireDriver({ driver, address }: DriverHealth): void {
  if (!driver.healthy) throw reeveError("DRIVER_LOST", `${address} has no driver now; nothing was begun`);
}
