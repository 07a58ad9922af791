import { type CompiledOperation, compileOperation } from "./compiled-operation.ts";
import type { AnyOperation } from "./operation.ts";
import { reeveError } from "./reeve-error.ts";
import { parseVersion, type Version } from "./version.ts";

declare const operationTypes: unique symbol;

export type Access = "open" | "listed";

export interface ContractOptions {
  /**
   * `listed`: an operation without `roles` is refused at definition, so that none is left open by oversight; `roles: ["*"]`
   * opens one to everybody. Default `open`.
   */
  readonly access?: Access | undefined;
}

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
 * @example
 * ```ts
 * const vaults = contract(
 *   "vault",
 *   "1.0",
 *   {
 *     look: call({ input: Id, output: Vault, roles: ["*"] }),
 *     burn: call({ input: Id, roles: ["operator"] }),
 *   },
 *   { access: "listed" },
 * );
 * ```
 */
export function contract<const Ops extends Record<string, AnyOperation>>(
  name: string,
  version: Version,
  operations: Ops,
  options: ContractOptions = {},
): Contract<Ops> {
  if (typeof name !== "string" || !namePattern.test(name)) {
    throw reeveError("INVALID_OPTION", `contract name: ${JSON.stringify(name)} must match ${namePattern}`);
  }
  const parsed = parseVersion(`contract ${name}: version`, version);
  const access = readAccess(`contract ${name}`, options);
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
    const made = compileOperation(field, operation, definition, parsed);
    if (access === "listed" && made.roles === undefined) {
      const advice = `name the roles that may call it, or ["*"] for everybody`;
      throw reeveError("INVALID_OPTION", `${field}: roles: the contract's access is "listed"; ${advice}`);
    }
    compiled.set(operation, made);
  }
  return Object.freeze({ name, version, ...parsed, operations: compiled });
}

function readAccess(field: string, options: ContractOptions): Access {
  if (typeof options !== "object" || options === null)
    throw reeveError("INVALID_OPTION", `${field}: options: expected an object, got ${JSON.stringify(options)}`);
  const unknown = Object.keys(options).find((option) => option !== "access");
  if (unknown !== undefined)
    throw reeveError("INVALID_OPTION", `${field}: unknown option ${JSON.stringify(unknown)}; a contract has access`);
  const { access = "open" } = options;
  if (access === "open" || access === "listed") return access;
  throw reeveError("INVALID_OPTION", `${field}: access: expected "open" or "listed", got ${JSON.stringify(access)}`);
}
