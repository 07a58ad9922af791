import { reeveError } from "@reeve/contract";

/** As runtime's hosts, backends and clusters are called. */
const name = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** @throws ReeveError `INVALID_OPTION` naming the field, what was expected and the value */
export function refuse(field: string, value: unknown, expected: string): never {
  throw reeveError("INVALID_OPTION", `${field}: expected ${expected}, got ${shown(value)}`);
}

/** A host, backend, cluster or caller. @throws ReeveError `INVALID_OPTION` */
export function readName(field: string, value: unknown): string {
  if (typeof value === "string" && name.test(value)) return value;
  return refuse(field, value, "1 to 63 letters, digits, - or _, a letter or digit first");
}

/** @throws ReeveError `INVALID_OPTION` */
export function listOf<T>(field: string, value: unknown, what: string): readonly T[] {
  if (Array.isArray(value)) return value;
  return refuse(field, value, `a list of ${what}`);
}

/** An object of these options and no others. @throws ReeveError `INVALID_OPTION` */
export function onlyOptions(field: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    refuse(field, value, `an object of ${known.join(", ")}`);
  const unknown = Object.keys(value as object).find((option) => !known.includes(option));
  if (unknown !== undefined) refuse(field, unknown, `no option but ${known.join(", ")}`);
}

/** On one line, and short. */
function shown(value: unknown): string {
  const text = typeof value === "function" ? `[function ${value.name}]` : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
