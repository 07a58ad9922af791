import { reeveError } from "./reeve-error.ts";

/** Among an operation's roles: everybody. Among a principal's: every role, which only the system has. */
export const everyRole = "*";
/** In characters; as long as the wire carries. */
export const longestRole = 256;

/**
 * What an operation says of who may call it.
 *
 * @throws ReeveError `INVALID_OPTION` naming field and value
 */
export function readRoles(field: string, roles: unknown): readonly string[] | undefined {
  if (roles === undefined) return undefined;
  const refuse = (wanted: string): never => {
    throw reeveError("INVALID_OPTION", `${field}: expected ${wanted}, got ${JSON.stringify(roles)}`);
  };
  if (!Array.isArray(roles)) return refuse("an array of role names");
  if (roles.length === 0) refuse(`at least one role; ["${everyRole}"] says everybody`);
  for (const role of roles) {
    if (typeof role !== "string" || role === "" || role.length > longestRole)
      refuse(`names of 1 to ${longestRole} characters`);
  }
  if (roles.includes(everyRole) && roles.length > 1) refuse(`"${everyRole}" alone, which says everybody`);
  return Object.freeze([...roles]);
}
