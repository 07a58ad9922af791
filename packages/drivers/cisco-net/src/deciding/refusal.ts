import { DriverError } from "@reeve/driver-sdk";

/** Something that is not ours is in the way. */
export function foreign(message: string): DriverError {
  return new DriverError("FAILED_PRECONDITION", message);
}
