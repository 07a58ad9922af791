import { reeveError } from "@reeve/contract";
import { closestMatch } from "leven";

/** How many letters may be wrong before a suggestion would only confuse. */
const maxDistance = 3;

/**
 * Refuses options that are not an object, and unknown names among them, so that a misspelt option never silently means its default.
 *
 * @param what whose options these are; the error names it
 * @throws ReeveError `INVALID_OPTION` naming the culprit, and the option that was probably meant
 *
 * @example
 * ```ts
 * knownKeys("pool", options.pool, ["max", "acquireTimeout"]);
 * ```
 */
export function knownKeys(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw reeveError("INVALID_OPTION", `${what}: expected an options object, got ${shown(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const meant = closestMatch(key, [...known], { maxDistance });
    const advice = meant ? `did you mean ${JSON.stringify(meant)}?` : `known are ${known.join(", ") || "none"}`;
    throw reeveError("INVALID_OPTION", `${what}: unknown option ${JSON.stringify(key)}; ${advice}`);
  }
}

/** An offending value as an error message shows it: on one line, and short. */
export function shown(value: unknown): string {
  if (typeof value === "function") return `[function ${value.name || "anonymous"}]`;
  if (typeof value === "bigint" || typeof value === "symbol" || value === undefined) return String(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  const text = textOf(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return `[${typeof value}]`;
  }
}
