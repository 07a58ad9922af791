import { reeveError } from "@reeve/contract";
import { hosts } from "@reeve/runtime/host";
import type { InspectableRuntime } from "@reeve/runtime/inspection";
import type { Right } from "./access.ts";

/** Calls an operation of the `host` contract at a host, with what a token gives the right to. */
export type HostCalls = (right: Right, host: string, operation: string, input: unknown) => Promise<unknown>;

/** What a token is worth to hosts. To kill is for those that have a name. */
const roles: Readonly<Record<Right, readonly string[]>> = { look: ["viewer"], act: ["operator"] };

/**
 * Calls of whoever looks at the page. Hosts believe them from this one if it is of their `trustedForwarders`, and audit them.
 *
 * @throws ReeveError `INVALID_INPUT` for an unknown operation; what the host answers
 */
export function hostCalls(as: InspectableRuntime["as"]): HostCalls {
  return async (right, host, operation, input) => {
    if (!hosts.operations.has(operation))
      throw reeveError("INVALID_INPUT", `expected an operation of the host contract, got ${JSON.stringify(operation)}`);
    if (!as) throw reeveError("NO_RESPONDERS", `This inspector shows only: it was given nothing to call ${host} with`);
    const ref = as({ user: "inspector", roles: roles[right] }).ref(hosts).at(host);
    const call = ref[operation as "describe"] as (input: unknown) => Promise<unknown>;
    return call.call(ref, input);
  };
}
