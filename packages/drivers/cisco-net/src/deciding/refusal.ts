import { DriverError } from "@reeve/driver-sdk";

/** Something that is not ours, or not as it has to be, is in the way; `what` is its name on the switch. */
export function inTheWay(what: string, why: string): DriverError {
  return new DriverError("FAILED_PRECONDITION", `${what}: ${why}`, { data: { what } });
}
