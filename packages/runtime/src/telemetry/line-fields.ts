import { describeError } from "./describe-error.ts";

const written = new Set(["level", "time", "msg"]);

/**
 * The fields of one line as they are written: errors described, and a field that would repeat a key the line already has
 * renamed with a trailing `_`, since a reader of the JSON would take the later one and believe a forged level or address.
 */
export function lineFields(fields: object, bindings: object): object {
  if (fields instanceof Error) return { err: describeError(fields) };
  const line: [string, unknown][] = [];
  for (const [key, value] of Object.entries(fields)) {
    const taken = written.has(key) || Object.hasOwn(bindings, key);
    const shown = value instanceof Error || key === "err" ? describeError(value) : value;
    line.push([taken ? `${key}_` : key, shown]);
  }
  return Object.fromEntries(line);
}
