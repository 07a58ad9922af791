import { type CompiledOperation, compileOperation } from "./compiled-operation.ts";
import type { AnyOperation } from "./operation.ts";
import { reeveError } from "./reeve-error.ts";
import { parseVersion, type Version } from "./version.ts";

declare const operationTypes: unique symbol;

/** What callers know of a manager: its name, version and operations. */
export interface Contract<Ops extends Record<string, AnyOperation> = Record<string, AnyOperation>> {
  readonly name: string;
  readonly version: Version;
  readonly major: number;
  readonly minor: number;
  /** The operations with defaults filled in, by name. */
  readonly operations: ReadonlyMap<string, CompiledOperation>;
  /** Carries the types; never present at run time. */
  readonly [operationTypes]?: Ops;
}

export type AnyContract = Contract<any>;

/** The operations' types of a contract. */
export type OperationsOf<C> = C extends Contract<infer Ops> ? Ops : never;

const namePattern = /^[a-z][a-zA-Z0-9-]{0,62}$/;
const operationPattern = /^[a-z][a-zA-Z0-9]{0,62}$/;

/** Names that a ref uses itself, or that would make it look like a promise or break an object. */
const reserved = new Set([
  "at",
  "all",
  "supports",
  "then",
  "constructor",
  "toString",
  "valueOf",
  "toJSON",
  "prototype",
]);

/**
 * Defines a contract. Names are checked once, here.
 *
 * @param name lower-case letter first, then letters, digits and dashes; one subject token on the wire
 * @throws ReeveError `INVALID_OPTION` naming the contract, the operation and the field that is wrong
 */
export function contract<const Ops extends Record<string, AnyOperation>>(
  name: string,
  version: Version,
  operations: Ops,
): Contract<Ops> {
  if (typeof name !== "string" || !namePattern.test(name)) {
    throw reeveError("INVALID_OPTION", `contract name: ${JSON.stringify(name)} must match ${namePattern}`);
  }
  const parsed = parseVersion(`contract ${name}: version`, version);
  const compiled = new Map<string, CompiledOperation>();
  const spellings = new Map<string, string>();
  for (const [operation, definition] of Object.entries(operations)) {
    const field = `contract ${name}: operation ${JSON.stringify(operation)}`;
    if (reserved.has(operation)) throw reeveError("INVALID_OPTION", `${field}: the name is reserved; choose another`);
    if (!operationPattern.test(operation))
      throw reeveError("INVALID_OPTION", `${field}: the name must match ${operationPattern}`);
    const twin = spellings.get(operation.toLowerCase());
    if (twin)
      throw reeveError("INVALID_OPTION", `${field}: duplicate of ${JSON.stringify(twin)}, which differs only in case`);
    spellings.set(operation.toLowerCase(), operation);
    compiled.set(operation, compileOperation(field, operation, definition, parsed));
  }
  return Object.freeze({ name, version, ...parsed, operations: compiled });
}
