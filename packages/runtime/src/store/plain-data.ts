import { hash } from "node:crypto";
import { reeveError } from "@reeve/contract";

/** Marks an object that stands for something JSON cannot say. */
const tag = "$";

/**
 * Plain data as JSON text: what JSON has, and dates, bytes, bigints, undefined and odd numbers. Keys stay in order.
 *
 * @param what names the data in errors
 * @throws ReeveError `CONSTRAINT_FAILED` naming the place of a value other than plain data
 */
export function encodePlain(what: string, value: unknown): string {
  return JSON.stringify(toJson(what, value));
}

/** A hash that is the same for the same data, in whatever order its keys are. */
export function digestPlain(what: string, value: unknown): string {
  return hash("sha256", JSON.stringify(toJson(what, value), sortKeys), "base64url");
}

export function decodePlain(text: string): unknown {
  return fromJson(JSON.parse(text));
}

function toJson(at: string, value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { [tag]: "number", value: sign(value) };
    case "bigint":
      return { [tag]: "bigint", value: String(value) };
    case "undefined":
      return { [tag]: "undefined" };
    case "object":
      return value === null ? null : objectToJson(at, value);
    default:
      return refuse(at, typeof value);
  }
}

function objectToJson(at: string, value: object): unknown {
  if (Array.isArray(value)) return value.map((item, index) => toJson(`${at}[${index}]`, item));
  if (value instanceof Date) return { [tag]: "date", value: value.getTime() };
  if (value instanceof Uint8Array) return { [tag]: "bytes", value: Buffer.from(value).toString("base64") };
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return refuse(at, `a ${prototype.constructor?.name}`);
  const fields = Object.entries(value).map(([key, field]) => [key, toJson(`${at}.${key}`, field)] as const);
  const object = Object.fromEntries(fields);
  return Object.hasOwn(object, tag) ? { [tag]: "object", value: object } : object;
}

function fromJson(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(fromJson);
  if (!Object.hasOwn(json, tag)) return fieldsFromJson(json);
  const { [tag]: kind, value } = json as { readonly [tag]: string; readonly value: never };
  switch (kind) {
    case "number":
      return Number(value);
    case "bigint":
      return BigInt(value);
    case "date":
      return new Date(value ?? Number.NaN);
    case "bytes":
      return new Uint8Array(Buffer.from(value, "base64"));
    case "object":
      return fieldsFromJson(value);
    default:
      return undefined;
  }
}

function fieldsFromJson(object: object): object {
  return Object.fromEntries(Object.entries(object).map(([key, field]) => [key, fromJson(field)]));
}

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sign(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function refuse(at: string, kind: string): never {
  throw reeveError("CONSTRAINT_FAILED", `${at}: expected plain data, got ${kind}`);
}
