import { reeveError } from "@reeve/contract";
import { shown } from "../config/index.ts";
import type { Fields } from "./message.ts";

const deepest = 8;

/**
 * Checks that a value travels as JSON and arrives as it was: an object of text, finite numbers, booleans, nulls, arrays and
 * plain objects, at most 8 deep. Absent optional fields are left out.
 *
 * @throws ReeveError `INVALID_INPUT` naming the path and the value
 */
export function plainFields(what: string, value: unknown): Fields {
  if (!isPlain(value)) {
    throw refusal(what, "", `expected an object of named capabilities, got ${shown(value)}`);
  }
  return copy(what, value, "", 0) as Fields;
}

function copy(what: string, value: unknown, path: string, depth: number): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw refusal(what, path, `expected a finite number, got ${value}; leave out what is unknown`);
  }
  if (depth >= deepest) throw refusal(what, path, `expected at most ${deepest} levels, got more`);
  if (Array.isArray(value)) return value.map((item, index) => copy(what, item, `${path}.${index}`, depth + 1));
  if (!isPlain(value)) throw refusal(what, path, `expected plain data, got ${shown(value)}`);
  const copied: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const at = path === "" ? name : `${path}.${name}`;
    if (name === "__proto__") throw refusal(what, at, "the name is reserved");
    if (field !== undefined) copied[name] = copy(what, field, at, depth + 1);
  }
  return copied;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function refusal(what: string, path: string, message: string): Error {
  const issues = [{ path, message }];
  return reeveError("INVALID_INPUT", `${what}: ${path === "" ? message : `${path}: ${message}`}`, { data: { issues } });
}
