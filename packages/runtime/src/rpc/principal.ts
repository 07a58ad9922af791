import { reeveError } from "@reeve/contract";
import { knownKeys, shown } from "../config/index.ts";

/** On whose behalf a call is made. */
export interface Principal {
  readonly user: string;
  readonly tenant?: string | undefined;
  readonly roles: readonly string[];
}

/**
 * A copy of what a script gives, which later changes do not reach.
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
  return { user, ...(tenant !== undefined && { tenant }), roles: [...roles] };
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function refusal(field: string, value: unknown, wanted: string): Error {
  return reeveError("INVALID_OPTION", `principal: ${field}: ${shown(value)} is no ${wanted}`);
}
