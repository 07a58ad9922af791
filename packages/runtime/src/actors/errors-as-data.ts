import { ReeveError, type ReeveErrorJson } from "@reeve/contract";

/** Marks an error: contexts keep what went wrong, and an error is no plain data. */
const mark = "reeve$error";

/** The value with each error in it as plain data; itself where there is none. */
export function errorsToData(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return { [mark]: dataOf(value) };
  if (!isPlain(value)) return value;
  return mapped(value, errorsToData);
}

/** The value with its errors again. They have lost their stack and cause. */
export function errorsFromData(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !isPlain(value)) return value;
  if (Object.hasOwn(value, mark)) return errorOf((value as { readonly [mark]: ErrorData })[mark]);
  return mapped(value, errorsFromData);
}

type ErrorData =
  | { readonly reeve: ReeveErrorJson }
  | { readonly name: string; readonly message: string; readonly code?: unknown };

function dataOf(error: Error): ErrorData {
  if (error instanceof ReeveError) return { reeve: error.toJSON() };
  const { name, message, code } = error as Error & { readonly code?: unknown };
  return { name, message, ...(typeof code === "string" || typeof code === "number" ? { code } : {}) };
}

function errorOf(data: ErrorData): Error {
  if ("reeve" in data) return new ReeveError(data.reeve);
  const { name, message, code } = data;
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

/** Copies nothing where nothing is changed. */
function mapped(value: object, change: (field: unknown) => unknown): object {
  let copy: any;
  for (const [key, field] of Object.entries(value)) {
    const changed = change(field);
    if (changed === field) continue;
    copy ??= Array.isArray(value) ? [...value] : { ...value };
    copy[key] = changed;
  }
  return copy ?? value;
}
