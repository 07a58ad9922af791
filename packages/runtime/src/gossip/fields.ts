import { reeveError } from "@reeve/contract";
import { addressPattern, namePattern } from "../config/index.ts";

export { addressPattern };
export const identityPattern = /^[A-Za-z0-9_-]{1,64}$/;

export type Fields = Readonly<Record<string, unknown>>;

/** As deep as what is told may go. Deeper JSON is parsed without complaint, and ends whoever walks through it later. */
const deepest = 64;
const [quote, backslash, opens, closes, opensList, closesList] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/** The object that the bytes hold. @throws ReeveError `MALFORMED_FRAME` */
export function readJson(data: Uint8Array): Fields {
  if (isDeep(data)) throw reeveError("MALFORMED_FRAME", `message: expected at most ${deepest} levels, got more`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch (cause) {
    throw reeveError("MALFORMED_FRAME", "message: expected JSON text", { cause });
  }
  return readFields("message", value);
}

/** Before it is parsed: that takes seconds where a message is nothing but brackets. */
function isDeep(data: Uint8Array): boolean {
  let depth = 0;
  for (let at = 0; at < data.length; at++) {
    const byte = data[at];
    if (byte === quote) {
      for (at += 1; at < data.length && data[at] !== quote; at++) if (data[at] === backslash) at += 1;
    } else if (byte === opens || byte === opensList) {
      depth += 1;
      if (depth > deepest) return true;
    } else if (byte === closes || byte === closesList) depth -= 1;
  }
  return false;
}

/** Each of these gives the value as its type. @throws ReeveError `MALFORMED_FRAME` naming the field and what was expected */
export function readFields(field: string, value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw malformed(field, "an object of named fields", value);
  return value as Fields;
}

export function readList(field: string, value: unknown, most = Number.POSITIVE_INFINITY): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most)
    throw malformed(field, most === Number.POSITIVE_INFINITY ? "an array" : `an array of ${most} at most`, value);
  return value;
}

export function readText(field: string, value: unknown, pattern = namePattern): string {
  if (typeof value !== "string" || !pattern.test(value)) throw malformed(field, `text like ${pattern.source}`, value);
  return value;
}

export function readWhole(field: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most)
    throw malformed(field, `an integer from ${least} to ${most}`, value);
  return value;
}

/** Absent is false. */
export function readFlag(field: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean") throw malformed(field, "true or false", value);
  return value === true;
}

export function readOneOf<T extends string>(field: string, value: unknown, allowed: ReadonlySet<T>): T {
  if (!allowed.has(value as T)) throw malformed(field, `one of ${[...allowed].join(", ")}`, value);
  return value as T;
}

/** Absent stays absent. */
export function optional<T>(value: unknown, read: (present: unknown) => T): T | undefined {
  return value === undefined ? undefined : read(value);
}

export function malformed(field: string, expected: string, value: unknown): Error {
  const got = typeof value === "object" && value !== null ? "an object" : JSON.stringify(String(value).slice(0, 80));
  return reeveError("MALFORMED_FRAME", `${field}: expected ${expected}, got ${got}`);
}
