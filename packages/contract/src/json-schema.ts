import type { StandardJSONSchemaV1 } from "@standard-schema/spec";
import type { Schema } from "./schema.ts";

/** An object of a JSON Schema document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

type Converter = StandardJSONSchemaV1.Converter;

/** What a schema library needs to be told so that one unrepresentable part does not refuse the whole. */
const leniency: Readonly<Record<string, Record<string, unknown>>> = { zod: { unrepresentable: "any" } };

/**
 * What a schema takes and what it gives, as JSON Schema documents.
 *
 * @returns undefined when the library has no Standard JSON Schema (https://standardschema.dev/json-schema) or cannot
 *   express this schema
 */
export function jsonSchemasOf(schema: Schema): readonly JsonSchema[] | undefined {
  const { vendor, jsonSchema } = schema["~standard"] as { vendor: string; jsonSchema?: Converter };
  if (typeof jsonSchema !== "object" || jsonSchema === null) return undefined;
  const libraryOptions = leniency[vendor];
  const options = { target: "draft-2020-12", ...(libraryOptions && { libraryOptions }) } as const;
  try {
    return [jsonSchema.input(options), jsonSchema.output(options)];
  } catch {
    return undefined;
  }
}

/** What a `$ref` within the same document points to: `#`, `#/$defs/Volume`. */
export function resolveRef(root: JsonSchema, ref: unknown): JsonSchema | undefined {
  if (typeof ref !== "string" || !ref.startsWith("#")) return undefined;
  let target: unknown = root;
  for (const token of ref.slice(1).split("/").slice(1)) {
    const key = decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~");
    target = isObject(target) && Object.hasOwn(target, key) ? target[key] : undefined;
  }
  return isObject(target) ? target : undefined;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
