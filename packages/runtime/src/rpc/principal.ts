import { reeveError } from "@reeve/contract";
import { everyRole } from "@reeve/contract/internal";
import { knownKeys, shown } from "../config/index.ts";
import { longestText, maxRoles } from "./wire/limits.ts";

/** On whose behalf a call is made. */
export interface Principal {
  readonly user: string;
  /** Absent where there is none: that is one tenant among others and never says all of them. */
  readonly tenant?: string | undefined;
  /** `"*"` among them says every role; only what the runtime itself does has it. */
  readonly roles: readonly string[];
}

const everything: readonly string[] = Object.freeze([everyRole]);

/** What a host does by itself: hooks, periodic tasks, `supervisor.ref`, the recovery of work that no call began. It has every role. */
export function systemPrincipal(user: string): Principal {
  return Object.freeze({ user, roles: everything });
}

/**
 * Whether a principal has a role. The system has every one.
 *
 * @example
 * ```ts
 * if (!hasRole(ctx.principal, "auditor")) query = query.where("owner", "=", ctx.principal.user);
 * ```
 */
export function hasRole({ roles }: Principal, role: string): boolean {
  return roles.includes(role) || roles.includes(everyRole);
}

/**
 * A copy of what a script gives, which later changes do not reach. Nobody makes itself the system, and what the wire would
 * not carry is refused here, not by the first callee of another process.
 *
 * @throws ReeveError `INVALID_OPTION` naming field and value: with a misspelt tenant, somebody would act for all of them
 */
export function readPrincipal(given: Principal): Principal {
  knownKeys("principal", given, ["user", "tenant", "roles"]);
  const { user, tenant, roles } = given;
  if (!isText(user)) throw refusal("user", user, "text");
  if (tenant !== undefined && !isText(tenant))
    throw refusal("tenant", tenant, "text; leave it out where there is none");
  if (!Array.isArray(roles) || !roles.every(isText)) throw refusal("roles", roles, "array of texts");
  if (roles.includes(everyRole))
    throw invalid("roles", `"${everyRole}" is every role, which only the system has; name the roles`);
  if (roles.length > maxRoles) throw invalid("roles", `expected at most ${maxRoles}, got ${roles.length}`);
  for (const [field, text] of [["user", user], ["tenant", tenant ?? ""], ...roles.map((role) => ["roles", role])]) {
    if (text!.length > longestText)
      throw invalid(field!, `expected at most ${longestText} characters, got ${text!.length}`);
  }
  return { user, ...(tenant !== undefined && { tenant }), roles: [...roles] };
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function refusal(field: string, value: unknown, wanted: string): Error {
  return invalid(field, `${shown(value)} is no ${wanted}`);
}

function invalid(field: string, message: string): Error {
  return reeveError("INVALID_OPTION", `principal: ${field}: ${message}`);
}
