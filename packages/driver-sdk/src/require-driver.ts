import { reeveError } from "@reeve/contract";
import { isCompatible, parseVersion } from "@reeve/contract/internal";
import { type Driver, isDriver } from "./driver.ts";
import type { AnyDriverPort } from "./driver-port.ts";

/**
 * Refuses what cannot serve as driver of this port.
 *
 * @throws ReeveError `INVALID_OPTION` when the value is not a configured driver, is one of another port, or was written against
 * another major or an older minor of it
 */
export function requireDriverOf<P extends AnyDriverPort>(port: P, value: unknown): asserts value is Driver<P> {
  if (!isDriver(value)) throw reeveError("INVALID_OPTION", `driver: ${describe(value)}`);
  if (value.port.name !== port.name)
    throw reeveError(
      "INVALID_OPTION",
      `driver ${value.name}: implements the ${value.port.name} port; the manager needs a ${port.name} driver`,
    );
  const implemented = parseVersion(`driver ${value.name}: implements`, value.implements);
  if (!isCompatible(implemented, parseVersion(`driver port ${port.name}: version`, port.version)))
    throw reeveError(
      "INVALID_OPTION",
      `driver ${value.name}: implements ${port.name} ${value.implements}; the manager needs ${port.version}: the same major, and no older minor`,
    );
  const lacking = Object.keys(port.methods).find((name) => !Object.hasOwn(value.port.methods, name));
  if (lacking) throw reeveError("INVALID_OPTION", `driver ${value.name}: method ${lacking} is missing`);
}

function describe(value: unknown): string {
  if (value === undefined) return "missing; the manager needs one";
  if (typeof value === "function") return "a function; a factory must be called with its options first";
  return "expected the result of a driver factory (defineDriver)";
}
