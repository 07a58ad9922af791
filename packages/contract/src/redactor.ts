import { jsonSchemasOf } from "./json-schema.ts";
import type { Schema } from "./schema.ts";
import { SchemaShape } from "./schema-shape.ts";
import { visitSecrets } from "./secret.ts";

/** Gives a copy of a value that may be shown to people. Never throws, never changes the value. */
export type Redact = (value: unknown) => unknown;

const deepest = 32;

/**
 * Makes the function that hides the secrets of a schema's values, before and after parsing alike.
 *
 * - A field marked by `secret()` becomes `"[redacted]"`, in whichever branch of a union it is marked.
 * - What the schema does not describe, a misspelt field or an object where a text belongs, becomes its type: `"[string]"`.
 * - A schema that marks nothing hides nothing: the value itself is returned.
 * - A schema without JSON Schema hides everything but the type of the value, since what it marks cannot be known.
 *
 * The schema is read once, at the first value.
 */
export function redactor(schema: Schema): Redact {
  let redact: Redact | undefined;
  return (value) => {
    redact ??= compile(schema);
    try {
      return redact(value);
    } catch {
      return "[unreadable]";
    }
  };
}

function compile(schema: Schema): Redact {
  const documents = jsonSchemasOf(schema);
  if (!documents) return hidden;
  let secrets = 0;
  for (const document of documents) visitSecrets(document, () => secrets++);
  if (secrets === 0) return (value) => value;
  const shape = SchemaShape.of(documents);
  return (value) => show(value, shape, 0);
}

function show(value: unknown, shape: SchemaShape | undefined, depth: number): unknown {
  if (value === undefined || value === null) return value;
  if (!shape || depth > deepest) return hidden(value);
  if (shape.secret) return "[redacted]";
  if (typeof value !== "object") return shape.scalar && typeof value !== "function" ? value : hidden(value);
  if (value instanceof Date) return value;
  if (Array.isArray(value)) {
    if (shape.openArray) return value;
    if (!shape.elements) return hidden(value);
    return value.map((element, index) => show(element, shape.element(index), depth + 1));
  }
  if (!isPlain(value)) return hidden(value);
  if (shape.openObject) return value;
  if (!shape.members) return hidden(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, show(member, shape.property(name), depth + 1)]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** A value's type in place of the value. */
function hidden(value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (Array.isArray(value)) return "[array]";
  return typeof value !== "object" || isPlain(value) ? `[${typeof value}]` : "[instance]";
}
