import { isObject, type JsonSchema, jsonSchemasOf, resolveRef } from "./json-schema.ts";
import { reeveError } from "./reeve-error.ts";
import { isSchema, type Schema } from "./schema.ts";

const keyword = "x-reeve-secret";

/**
 * Marks a schema's value as secret: whatever Reeve logs or shows to an inspector has `"[redacted]"` in its place. It
 * travels and is stored unchanged. The schema given is left as it is; what is built on the marked one stays secret.
 *
 * Schemas of Zod and ArkType can be marked. With another library give the JSON Schema the keyword yourself, as in
 * Valibot's `v.metadata({ "x-reeve-secret": true })`; OpenAPI's `format: "password"` counts too.
 *
 * @throws ReeveError `INVALID_OPTION` when the mark would not show in the schema's JSON Schema, and so have no effect
 *
 * @example
 * ```ts
 * const login = call({ input: z.object({ user: z.string(), password: secret(z.string()) }) });
 * ```
 */
export function secret<S extends Schema>(schema: S): S {
  if (!isSchema(schema)) throw reeveError("INVALID_OPTION", "secret(): expected a Standard Schema as argument");
  const marked = withMark(schema);
  if (marked && jsonSchemasOf(marked)?.some(isSecret)) return marked;
  const vendor = JSON.stringify(schema["~standard"].vendor);
  throw reeveError(
    "INVALID_OPTION",
    `secret(): this schema of ${vendor} cannot be marked; give its JSON Schema "${keyword}": true with that library's own means`,
  );
}

function withMark<S extends Schema>(schema: S): S | undefined {
  const { meta, configure } = schema as { meta?: unknown; configure?: unknown };
  const mark = { [keyword]: true };
  if (typeof meta === "function") return meta.call(schema, mark);
  if (typeof configure === "function") return configure.call(schema, mark);
  return undefined;
}

/** Whether this object of a JSON Schema document is marked itself. */
export function isSecret(schema: JsonSchema): boolean {
  return schema[keyword] === true || schema.format === "password";
}

/**
 * The names of a schema's secret properties, wherever in it they are: a last line for text that is logged without its schema.
 * Empty when the schema has no JSON Schema.
 */
export function secretNames(schema: Schema): ReadonlySet<string> {
  const names = new Set<string>();
  for (const document of jsonSchemasOf(schema) ?? []) {
    visitSecrets(document, (name) => {
      if (name !== undefined) names.add(name);
    });
  }
  return names;
}

/** Calls `found` for each marked place, with the nearest property name above it. */
export function visitSecrets(document: JsonSchema, found: (name: string | undefined) => void): void {
  const seen = new Map<object, Set<string | undefined>>();
  visit(document, undefined);

  function visit(part: unknown, name: string | undefined): void {
    if (!isObject(part) || seen.get(part)?.has(name)) return;
    seen.set(part, (seen.get(part) ?? new Set()).add(name));
    if (isSecret(part)) found(name);
    visit(resolveRef(document, part.$ref), name);
    for (const [key, child] of Object.entries(part)) {
      if (key === "properties" && isObject(child)) {
        for (const [property, schema] of Object.entries(child)) visit(schema, property);
      } else if (key !== "$defs" && key !== "definitions") {
        visit(child, name);
      }
    }
  }
}
