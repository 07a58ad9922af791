import { isObject, type JsonSchema, jsonSchemasOf } from "./json-schema.ts";
import type { Schema } from "./schema.ts";

const scalarTypes = ["string", "number", "integer", "boolean", "null"];

/** Formats in which a library may describe what is an object in the program. */
const objectFormats = /^(date|time|binary)/;

/**
 * Whether what a schema gives is a scalar, or an object that has nothing but scalars in it: then no part of it can belong to
 * somebody else. False where the schema's JSON Schema does not say so. Read at each call.
 */
export function holdsOnlyScalars(schema: Schema): boolean {
  const [, output] = jsonSchemasOf(schema) ?? [];
  return output !== undefined && (isScalar(output) || isFlatObject(output));
}

function isFlatObject({ type, properties, patternProperties, additionalProperties, ...rest }: JsonSchema): boolean {
  if (type !== "object" || additionalProperties !== false || patternProperties !== undefined) return false;
  if (["$ref", "allOf", "anyOf", "oneOf", "if"].some((keyword) => keyword in rest)) return false;
  return isObject(properties) && Object.values(properties).every((member) => isObject(member) && isScalar(member));
}

function isScalar(schema: JsonSchema): boolean {
  const { type, format, contentEncoding, anyOf } = schema;
  if (contentEncoding !== undefined || (typeof format === "string" && objectFormats.test(format))) return false;
  if (Array.isArray(anyOf)) return anyOf.every((branch) => isObject(branch) && isScalar(branch));
  const types = Array.isArray(type) ? type : [type];
  return types.every((one) => scalarTypes.includes(one));
}
