import { type ReeveError, reeveError } from "@reeve/contract";
import type { Ids } from "../../base/ids.ts";
import { hasRole } from "../principal.ts";
import type { Authorize } from "./behaviour.ts";
import { CallContext, type ContextPort } from "./context.ts";
import { failureOf } from "./redact-failure.ts";
import type { RunningCall } from "./running-call.ts";
import type { Served } from "./served.ts";
import { departed, Unrun } from "./unrun.ts";

interface RightsPort extends ContextPort {
  readonly address: string;
  readonly ids: Ids;
}

/**
 * The error to throw in `authorize`, or in a handler, when the principal may not do this.
 *
 * @param why for the caller: what was asked and what is missing
 * @example
 * ```ts
 * async authorize(ctx, operation, input) {
 *   if (operation === "burn" && (await ownerOf(input.id)) !== ctx.principal.user)
 *     throw notPermitted(`only the owner of ${input.id} may burn it`);
 *   return true;
 * },
 * ```
 */
export function notPermitted(why: string): ReeveError {
  return reeveError("NOT_PERMITTED", why);
}

/** Why the call's principal may not have it run, if so. Asked before the input is looked at and before anything waits. */
export function roleRefusal(
  call: RunningCall,
  { operation, roles }: Served,
  key: string,
  address: string,
): ReeveError | undefined {
  const { principal } = call;
  if (roles === undefined || roles.some((role) => hasRole(principal, role))) return undefined;
  const asked = `${roles.length === 1 ? "the role" : "one of the roles"} ${roles.map((role) => JSON.stringify(role)).join(", ")}`;
  const message = `${key}: ${operation.name}: ${JSON.stringify(principal.user)} lacks ${asked}`;
  return reeveError("NOT_PERMITTED", message, { data: { operation: operation.name, roles }, address });
}

/**
 * Asks the manager whether the call may run. Only `true` says yes.
 *
 * @throws Unrun with `NOT_PERMITTED`, with what `authorize` threw, or because the call was given up meanwhile
 */
export async function requireAuthorized(
  authorize: Authorize,
  call: RunningCall,
  { operation, roles = [] }: Served,
  port: RightsPort,
): Promise<void> {
  let answer: unknown;
  try {
    answer = await authorize(new CallContext(call, port), operation.name, call.parsed);
    if (typeof answer !== "boolean")
      throw new TypeError(`authorize: expected true or false for ${operation.name}, got ${typeof answer}`);
  } catch (thrown) {
    if (call.settled) throw departed(call);
    throw new Unrun(failureOf(thrown, operation, "not-executed", port), false);
  }
  // What is not awaited any more must not begin.
  if (call.settled) throw departed(call);
  if (answer) return;
  const message = `${call.manager}: ${operation.name}: not permitted to ${JSON.stringify(call.principal.user)}`;
  const data = { operation: operation.name, roles };
  throw new Unrun(reeveError("NOT_PERMITTED", message, { data, address: port.address }), false);
}
