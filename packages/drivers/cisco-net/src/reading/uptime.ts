import { DriverError } from "@reeve/driver-sdk";
import { numberOf } from "./table-rows.ts";

/**
 * How long the switch has been up, in seconds, from the answer to `show version`.
 *
 * @throws DriverError `UNAVAILABLE` when it does not say
 */
export function readUptime(body: unknown): number {
  const part = (name: string) => numberOf(body, `kern_uptm_${name}`);
  const [days, hours, minutes, seconds] = [part("days"), part("hrs"), part("mins"), part("secs")];
  if (days === undefined || hours === undefined || minutes === undefined || seconds === undefined)
    throw new DriverError("UNAVAILABLE", "show version: the answer does not say how long the switch has been up");
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
