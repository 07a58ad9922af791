import { isObject, type JsonSchema, resolveRef } from "./json-schema.ts";
import { isSecret } from "./secret.ts";

/** A part of a document that speaks of the value, with the document that its references point into. */
interface Place {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
}

const branches = ["anyOf", "oneOf", "allOf", "if", "then", "else"];
const saysWhat = ["type", "enum", "const", "$ref", ...branches];
const objectContent = ["properties", "patternProperties", "additionalProperties", "unevaluatedProperties"];
const arrayContent = ["prefixItems", "items", "unevaluatedItems"];

/**
 * What JSON Schema documents together say about one value. Every branch of a union counts, since which one a value took
 * is not known. Made step by step as values are walked, so that recursive schemas come to an end.
 */
export class SchemaShape {
  readonly secret: boolean;
  /** Whether a text, number or boolean may stand here. */
  readonly scalar: boolean;
  /** Whether some branch tells the properties of an object, or the elements of an array. */
  readonly members: boolean;
  readonly elements: boolean;
  /** Whether an object, or an array, may stand here with whatever in it. */
  readonly openObject: boolean;
  readonly openArray: boolean;
  readonly #places: readonly Place[];
  readonly #children = new Map<string, SchemaShape | undefined>();

  private constructor(places: readonly Place[]) {
    const all = expand(places);
    const has = (keywords: string[]) => all.some(({ schema }) => keywords.some((keyword) => keyword in schema));
    this.#places = all;
    this.secret = all.some(({ schema }) => isSecret(schema) || hasSecretNames(schema));
    this.scalar = all.some(({ schema }) => ["string", "number", "integer", "boolean"].some((t) => admits(schema, t)));
    this.members = has(objectContent);
    this.elements = has(arrayContent);
    this.openObject = !this.members && all.some(({ schema }) => admits(schema, "object"));
    this.openArray = !this.elements && all.some(({ schema }) => admits(schema, "array"));
  }

  static of(documents: readonly JsonSchema[]): SchemaShape {
    return new SchemaShape(documents.map((root) => ({ schema: root, root })));
  }

  /** The shape of a property; undefined when no branch describes it. */
  property(name: string): SchemaShape | undefined {
    const pick = (schema: JsonSchema) => propertySchemas(schema, name);
    if (this.#places.some(({ schema }) => own(schema.properties, name) !== undefined)) return this.#child(name, pick);
    if (this.#places.some(({ schema }) => "patternProperties" in schema)) return this.#compile(pick);
    // Names that no document lists share one shape: remembering each key of a record would fill the memory.
    return this.#child("*", pick);
  }

  /** The shape of an element; undefined when no branch describes it. */
  element(index: number): SchemaShape | undefined {
    const prefixed = this.#places.some(({ schema }) => index < prefixOf(schema).length);
    return this.#child(prefixed ? `[${index}]` : "[*]", (schema) => {
      const prefix = prefixOf(schema);
      return index < prefix.length ? [prefix[index]] : [schema.items, schema.unevaluatedItems];
    });
  }

  #child(key: string, pick: (schema: JsonSchema) => unknown[]): SchemaShape | undefined {
    if (!this.#children.has(key)) this.#children.set(key, this.#compile(pick));
    return this.#children.get(key);
  }

  #compile(pick: (schema: JsonSchema) => unknown[]): SchemaShape | undefined {
    const places = this.#places.flatMap(({ schema, root }) =>
      pick(schema).flatMap((child): Place[] => {
        if (child === true) return [{ schema: {}, root }];
        return isObject(child) ? [{ schema: child, root }] : [];
      }),
    );
    return places.length > 0 ? new SchemaShape(places) : undefined;
  }
}

/** The places and every branch and reference that holds for the same value. */
function expand(places: readonly Place[]): Place[] {
  const all = new Map<JsonSchema, Place>();
  const waiting = [...places];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const { schema, root } = place;
    if (all.has(schema)) continue;
    all.set(schema, place);
    const parts = [resolveRef(root, schema.$ref), ...branches.flatMap((keyword) => schema[keyword])];
    for (const part of parts) if (isObject(part)) waiting.push({ schema: part, root });
  }
  return [...all.values()];
}

/** A record whose keys are secret cannot show anything. */
function hasSecretNames({ propertyNames }: JsonSchema): boolean {
  return isObject(propertyNames) && isSecret(propertyNames);
}

function admits(schema: JsonSchema, type: string): boolean {
  const { type: types } = schema;
  if (types !== undefined) return Array.isArray(types) ? types.includes(type) : types === type;
  if ("enum" in schema || "const" in schema) return type !== "object" && type !== "array";
  return !saysWhat.some((keyword) => keyword in schema);
}

function propertySchemas(schema: JsonSchema, name: string): unknown[] {
  const named = own(schema.properties, name);
  const patterns = Object.entries(schema.patternProperties ?? {}).filter(([source]) => matches(source, name));
  if (named !== undefined || patterns.length > 0) return [named, ...patterns.map(([, child]) => child)];
  return [schema.additionalProperties, schema.unevaluatedProperties];
}

function matches(source: string, name: string): boolean {
  try {
    return new RegExp(source, "u").test(name);
  } catch {
    return true;
  }
}

function prefixOf(schema: JsonSchema): readonly unknown[] {
  return Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
}

function own(object: unknown, key: string): unknown {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}
