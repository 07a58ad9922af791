import { DriverError } from "../driver-error.ts";

/**
 * A refusal of malformed input: `INVALID_ARGUMENT` naming the field, what was expected and what was given.
 *
 * @example
 * ```ts
 * throw malformed("mtu", "a whole number", mtu);
 * ```
 */
export function malformed(field: string, expected: string, given: unknown): DriverError {
  const shown = typeof given === "string" ? JSON.stringify(given.slice(0, 80)) : String(given);
  return new DriverError("INVALID_ARGUMENT", `${field}: expected ${expected}, got ${shown}`);
}
