import { reeveError } from "@reeve/contract";
import { knownKeys, shown } from "../../config/index.ts";
import { notPermitted } from "../../rpc/callee/rights.ts";
import { hasRole, type Principal } from "../../rpc/principal.ts";
import { hosts, readingOperations } from "./contract.ts";

/** From whom of other processes a host takes actions: see `remoteOperators` of `createSupervisor`. */
export type RemoteOperators = boolean | { readonly roles: readonly ("viewer" | "operator" | "admin")[] };

const everyRole = ["viewer", "operator", "admin"] as const;

/**
 * The roles that may act from elsewhere; none: nobody may.
 *
 * @throws ReeveError `INVALID_OPTION` naming field and value
 */
export function readRemoteOperators(field: string, given: unknown, byDefault: boolean): readonly string[] {
  if (given === undefined || typeof given === "boolean") return (given ?? byDefault) ? everyRole : [];
  const refuse = (what: string): never => {
    throw reeveError("INVALID_OPTION", `${field}: ${what}`);
  };
  if (typeof given !== "object" || given === null)
    refuse(`expected true, false or { roles: ["operator"] }, got ${shown(given)}`);
  knownKeys(field, given as object, ["roles"]);
  const { roles } = given as { readonly roles?: unknown };
  const known: readonly unknown[] = everyRole;
  if (!Array.isArray(roles) || roles.length === 0 || !roles.every((role) => known.includes(role)))
    refuse(`roles: expected some of ${everyRole.map((role) => `"${role}"`).join(", ")}, got ${shown(roles)}`);
  return roles as readonly string[];
}

/**
 * Whether a host does for a caller of another process what its roles allow in general. What only looks, it does.
 *
 * @param remote the roles that the host takes actions from elsewhere by
 * @throws ReeveError `NOT_PERMITTED` naming the cure
 */
export function requireFromElsewhere(host: string, remote: readonly string[], operation: string, by: Principal): void {
  if (readingOperations.has(operation)) return;
  const allowed = hosts.operations.get(operation)!.roles!.filter((role) => remote.includes(role));
  if (allowed.some((role) => hasRole(by, role))) return;
  const cure = "its createSupervisor has to say remoteOperators";
  if (remote.length === 0) throw notPermitted(`${host} takes no ${operation} from other processes; ${cure}`);
  const roles = remote.map((role) => `"${role}"`).join(", ");
  throw notPermitted(
    `${host} takes ${operation} from other processes by other roles than ${roles} only in process; ${cure}`,
  );
}
