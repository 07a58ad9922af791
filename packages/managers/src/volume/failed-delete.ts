import { ReeveError } from "@reeve/contract";
import type { Fault } from "./volume.ts";

/** How a volume or snapshot was when its deletion began. */
export interface Before<Status> {
  readonly was: Status;
  readonly fault: Fault | null;
}

/**
 * What becomes of something whose deletion its driver has given up: as it was when the driver declined, because something
 * depends on it; else `error`.
 *
 * @throws the error itself when another try is worth it, as when the driver was away
 */
export function afterFailedDelete<Status>(
  error: unknown,
  { was, fault }: Before<Status>,
): { readonly status: Status | "error"; readonly fault: Fault | null } {
  const final = error instanceof ReeveError && error.reason === "DRIVER_FAILED" && !error.retryable;
  if (!final) throw error;
  if (error.code === "FAILED_PRECONDITION") return { status: was, fault };
  return { status: "error", fault: { reason: "FAILED", message: error.message } };
}
