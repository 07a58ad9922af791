import { reeveError } from "@reeve/contract";
import { shown } from "./option-keys.ts";

/**
 * Refuses what cannot be the port that an option asks for: a path in the place of a store, an adapter that was not called.
 *
 * @param methods those it is known by
 * @param wanted what to give instead
 * @throws ReeveError `INVALID_OPTION` naming the field and the value
 */
export function requirePort(field: string, value: unknown, methods: readonly string[], wanted: string): void {
  const given = (typeof value === "object" ? value : undefined) as Record<string, unknown> | null | undefined;
  if (methods.every((method) => typeof given?.[method] === "function")) return;
  throw reeveError("INVALID_OPTION", `${field}: expected ${wanted}, got ${shown(value)}`);
}
