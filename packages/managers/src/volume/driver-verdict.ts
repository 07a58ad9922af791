import { ReeveError } from "@reeve/contract";

/** Whether the driver has said no for good; anything else is worth another try when the driver is back. */
export function isFinal(error: unknown): error is ReeveError {
  return error instanceof ReeveError && error.reason === "DRIVER_FAILED" && !error.retryable;
}

/** Whether the driver declined because of something that depends on it, and so left everything as it was. */
export function isRefusal(error: unknown): error is ReeveError {
  return isFinal(error) && error.code === "FAILED_PRECONDITION";
}
