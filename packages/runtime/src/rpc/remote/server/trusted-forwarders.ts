import { type ReeveError, reeveError } from "@reeve/contract";
import { everyRole } from "@reeve/contract/internal";
import type { Logger } from "../../../telemetry/logger.ts";
import { anonymous } from "../../../transport/anonymous.ts";
import type { Principal } from "../../principal.ts";
import type { WirePrincipal } from "../../wire/call-meta.ts";

/** How many callers are remembered as told of. Further ones are refused without a line in the log. */
const maxTold = 1_000;

/** What was called, for a refusal. */
interface Callee {
  /** `manager/address`. */
  readonly key: string;
  readonly address: string;
}

/**
 * Whose word on whose behalf they call is taken: callers as the broker names them, exactly or by a prefix (`block-*`). The
 * word of others is refused and never dropped: a call would go on as somebody else.
 */
export class TrustedForwarders {
  readonly #exact: ReadonlySet<string>;
  readonly #prefixes: readonly string[];
  readonly #log: Logger;
  readonly #told = new Set<string>();

  constructor(entries: readonly string[], log: Logger) {
    this.#exact = new Set(entries.filter((entry) => !entry.endsWith("*")));
    this.#prefixes = entries.filter((entry) => entry.endsWith("*")).map((entry) => entry.slice(0, -1));
    this.#log = log;
  }

  has(caller: string): boolean {
    if (caller === anonymous) return false;
    return this.#exact.has(caller) || this.#prefixes.some((prefix) => caller.startsWith(prefix));
  }

  /**
   * On whose behalf a call is made, of which its caller says this. A caller that acts as its own system is itself at the
   * least: where that is not believed, it has no role.
   *
   * @param own the caller itself, without any role
   * @throws ReeveError `NOT_PERMITTED` naming the caller and the cure
   */
  believed(said: WirePrincipal | undefined, caller: string, own: Principal, operation: string, to: Callee): Principal {
    if (said === undefined || isJust(said, caller)) return own;
    if (this.has(caller)) return said;
    const cure = `list ${JSON.stringify(caller)} in trustedForwarders of the host that it calls`;
    if (said.roles.includes(everyRole) && isOf(said.user, caller)) {
      this.#tell(
        caller,
        `acts as system, which is not believed: its calls count as its own, without any role; ${cure}`,
      );
      return own;
    }
    this.#tell(caller, `calls on behalf of others, which is refused; ${cure}`);
    throw refusal(said, caller, operation, to, cure);
  }

  /** Once for each caller: it may go on for ever. */
  #tell(caller: string, what: string): void {
    if (this.#told.has(caller) || this.#told.size >= maxTold) return;
    this.#told.add(caller);
    this.#log.warn({ caller }, `caller ${JSON.stringify(caller)} ${what}`);
  }
}

/** Nothing beyond what the broker says already. */
function isJust({ user, tenant, roles }: WirePrincipal, caller: string): boolean {
  return user === caller && tenant === undefined && roles.length === 0;
}

/** The caller itself, or a manager of it: `block-01`, `volume/block-01`, `volume/block-01@ssd`. */
function isOf(user: string, caller: string): boolean {
  const address = user.slice(user.indexOf("/") + 1);
  return address === caller || address.startsWith(`${caller}@`);
}

function refusal({ user }: WirePrincipal, caller: string, operation: string, to: Callee, cure: string): ReeveError {
  const whose = `caller ${JSON.stringify(caller)} may not call on behalf of ${JSON.stringify(user)}`;
  return reeveError("NOT_PERMITTED", `${to.key}: ${operation}: ${whose}; ${cure}`, {
    data: { operation, roles: [], caller },
    address: to.address,
  });
}
