import { driverFailureOf } from "@reeve/driver-sdk";
import type { RecoveryContext } from "@reeve/runtime";

/**
 * Whether what was not made leaves no row in `error`: by the driver's own word it could not be made now, and the caller,
 * who has been told so, may ask again. Each try would otherwise leave a row that takes its part of the quota.
 */
export function isWithdrawn({ error }: Pick<RecoveryContext, "error">): boolean {
  const failure = driverFailureOf(error);
  return failure?.error.reason === "DRIVER_FAILED" && failure.passing;
}
