import { createHash } from "node:crypto";

export interface PlainDefinition {
  /** The same for equal definitions, in every process. */
  readonly key: string;
  readonly definition: object;
}

const known = new WeakMap<object, PlainDefinition>();

/**
 * A machine's configuration as plain JSON: a function stands as `{ type: its name }`, as XState's inspector has it. A chart needs
 * neither the machine's first context nor the input of what it invokes, which may hold what nobody is to see.
 */
export function plainDefinition(definition: object): PlainDefinition {
  const before = known.get(definition);
  if (before) return before;
  const json = JSON.stringify(definition, function (this: object, key, value: unknown) {
    if (key === "context" && this === definition) return undefined;
    if (key === "input" && "src" in this) return undefined;
    return typeof value === "function" ? { type: value.name } : value;
  });
  const plain = { key: definitionKey(json), definition: JSON.parse(json) as object };
  known.set(definition, plain);
  return plain;
}

/** The key of a definition that is plain JSON already, as text: another definition has another one. */
export function definitionKey(json: string): string {
  return createHash("sha256").update(json).digest("hex").slice(0, 16);
}
