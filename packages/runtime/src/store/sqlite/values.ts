import { reeveError } from "@reeve/contract";
import type { ColumnKind } from "../column.ts";

/** What SQLite itself can hold. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** Booleans become 0 and 1, dates milliseconds, objects and arrays JSON. */
export function encode(value: unknown): SqliteValue {
  switch (typeof value) {
    case "string":
    case "bigint":
      return value;
    case "boolean":
      return value ? 1 : 0;
    case "number":
      // SQLite would silently store NaN as null.
      return Number.isNaN(value) ? refuse(value) : value;
    case "object":
      return value === null || value instanceof Uint8Array ? value : encodeObject(value);
    default:
      return refuse(value);
  }
}

function encodeObject(value: object): SqliteValue {
  if (value instanceof Date) return encode(value.getTime());
  return JSON.stringify(value) ?? refuse(value);
}

function refuse(value: unknown): never {
  const shown = typeof value === "object" ? "an object without JSON" : String(value);
  throw reeveError("CONSTRAINT_FAILED", `${shown} (${typeof value}) cannot be stored`);
}

type Decoder = (value: SqliteValue) => unknown;

const decoders: Partial<Record<ColumnKind, Decoder>> = {
  boolean: (value) => value === 1,
  timestamp: (value) => new Date(value as number),
  json: (value) => freezeDeep(JSON.parse(value as string)),
};

/** How a column's values come back; undefined when they come as they are. */
export function decoderOf(kind: ColumnKind | undefined): Decoder | undefined {
  return kind && decoders[kind];
}

function freezeDeep(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}
