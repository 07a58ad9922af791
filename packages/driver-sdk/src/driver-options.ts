import { reeveError, type Schema } from "@reeve/contract";
import { describeIssues, isSchema, issuesOf, secretNames } from "@reeve/contract/internal";

/** @throws ReeveError `INVALID_OPTION` naming the driver, the option and its value, unless that is marked as `secret()` */
export function parseOptions(driver: string, schema: Schema, given: unknown): unknown {
  if (!isSchema(schema)) throw reeveError("INVALID_OPTION", `driver ${driver}: options: not a Standard Schema`);
  const result = schema["~standard"].validate(given);
  if (result instanceof Promise)
    throw reeveError("INVALID_OPTION", `driver ${driver}: options: the schema is asynchronous; make it synchronous`);
  if (!result.issues) return result.value;
  const secrets = secretNames(schema);
  const got = (path: string) =>
    path.split(".").some((name) => secrets.has(name)) ? "a secret" : preview(at(given, path));
  const issues = issuesOf(result.issues).map(({ path, message }) => ({
    path: path === "" ? "options" : `options.${path}`,
    message: `${message} (got ${got(path)})`,
  }));
  throw reeveError("INVALID_OPTION", `driver ${driver}: ${describeIssues(issues)}`, { data: { issues } });
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path === "" ? [] : path.split(".")) found = (found as Record<string, unknown> | undefined)?.[key];
  return found;
}

/** Short, and never the inside of an object: it may hold a secret that is not at fault. */
function preview(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
