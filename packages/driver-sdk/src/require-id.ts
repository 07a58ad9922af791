import { DriverError } from "./driver-error.ts";

const pattern = /^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/;

/**
 * Refuses all but an identity: 1 to 64 letters, digits, `_` and `-`, beginning with a letter or digit.
 * ULIDs and UUIDs fit; path parts, dots and white space do not.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 *
 * @example
 * ```ts
 * const id = requireId("id", "vol-17");
 * ```
 */
export function requireId(field: string, id: unknown): string {
  if (typeof id === "string" && pattern.test(id)) return id;
  const shown = typeof id === "string" ? JSON.stringify(id.slice(0, 80)) : typeof id;
  throw new DriverError("INVALID_ARGUMENT", `${field}: expected 1 to 64 letters, digits, "_" and "-", got ${shown}`);
}
