import { reeveError } from "@reeve/contract";
import { hasLoneSurrogate, isWellFormedJson, timestampText } from "./value-text.ts";

/** A parameter as it goes over the wire: text, or bytes. */
export type WireValue = string | Buffer | null;

/** Every value in the text that PostgreSQL reads; what the column cannot hold is for PostgreSQL to refuse. */
export function encode(value: unknown): WireValue {
  switch (typeof value) {
    case "string":
      if (value.includes("\0")) refuseNul("text");
      return value.isWellFormed() ? value : refuseSurrogate("text");
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      // PostgreSQL would keep NaN, which SQLite and JSON cannot.
      return Number.isNaN(value) ? refuse(value) : Object.is(value, -0) ? "-0" : String(value);
    case "object":
      return value === null ? null : encodeObject(value);
    default:
      return refuse(value);
  }
}

function encodeObject(value: object): WireValue {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof Date) return timestampText(value) ?? refuse("an invalid date");
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) return refuse(value);
  if (!isWellFormedJson(json)) refuseNul("json");
  return hasLoneSurrogate(json) ? refuseSurrogate("json") : json;
}

function refuse(value: unknown): never {
  const shown = typeof value === "object" ? "an object without JSON" : String(value);
  throw reeveError("CONSTRAINT_FAILED", `${shown} (${typeof value}) cannot be stored`);
}

function refuseSurrogate(kind: string): never {
  throw reeveError(
    "CONSTRAINT_FAILED",
    `${kind}: expected characters of Unicode, got half of a pair (a lone surrogate); use a column of bytes`,
  );
}

function refuseNul(kind: string): never {
  throw reeveError(
    "CONSTRAINT_FAILED",
    `${kind}: PostgreSQL keeps no character NUL (\\u0000); leave it out, or use a column of bytes`,
  );
}

type Decoder = (text: string) => unknown;

/** By the object ids of PostgreSQL's own types, which never change: https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat */
const decoders: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [16, (text) => text === "t"],
  [17, (text) => bytesOf(text)],
  // Whole numbers of 8, 2 and 4 bytes, floats of 4 and 8, and what sums and averages give.
  ...[20, 21, 23, 700, 701, 1700].map((type) => [type, Number] as const),
  [114, (text) => freezeDeep(JSON.parse(text))],
  [3802, (text) => freezeDeep(JSON.parse(text))],
  [1184, (text) => dateOf(text)],
]);

/** How values of a type come back; undefined when they come as their text. */
export function decoderOf(type: number): Decoder | undefined {
  return decoders.get(type);
}

/** `\x00ff`, as `bytea_output = hex` writes it. */
function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), "hex"));
}

/** `2026-02-03 04:05:06.789+00`, as the session writes it: years in four digits or more, and perhaps before Christ. */
function dateOf(text: string): Date {
  const plain = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?\+00$/.exec(text);
  if (plain) return new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`);
  const [, year, month, day, hour, minute, second, fraction = "0", before] =
    /^(\d+)-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?\+00( BC)?$/.exec(text) ?? [];
  if (year === undefined) return new Date(Number.NaN);
  const date = new Date(0);
  date.setUTCFullYear(before ? 1 - Number(year) : Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), Math.round(Number(`0.${fraction}`) * 1_000));
  return date;
}

function freezeDeep(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}
