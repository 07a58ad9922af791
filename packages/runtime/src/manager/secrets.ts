import type { Contract } from "@reeve/contract";
import { secretNames } from "@reeve/contract/internal";
import { hiderOf } from "../config/index.ts";
import type { Secrets } from "../inspection/index.ts";
import type { ManagerSpec } from "./spawn-options.ts";

/** Reading schemas costs; a contract has the same secrets in every incarnation. */
const known = new WeakMap<Contract, ReadonlySet<string>>();

/** Names of the fields that any of a contract's schemas marks as secret. */
export function secretsOf(contract: Contract): ReadonlySet<string> {
  let names = known.get(contract);
  if (!names) {
    const schemas = [...contract.operations.values()].flatMap(({ input, output, progress }) => [
      input,
      output,
      progress,
    ]);
    names = new Set(schemas.flatMap((schema) => (schema ? [...secretNames(schema)] : [])));
    known.set(contract, names);
  }
  return names;
}

/** What nobody is to see of one manager: what its contract or the schema of its configuration marks as secret. Reads schemas when first asked. */
export class ManagerSecrets implements Secrets {
  readonly #spec: ManagerSpec;
  #names: ReadonlySet<string> | undefined;
  #hidden: { readonly in: unknown; readonly hide: (text: string) => string } | undefined;

  constructor(spec: ManagerSpec) {
    this.#spec = spec;
  }

  get names(): ReadonlySet<string> {
    const { contract, config } = this.#spec.definition;
    this.#names ??= config ? new Set([...secretsOf(contract), ...secretNames(config)]) : secretsOf(contract);
    return this.#names;
  }

  /** The secrets of the configuration in force, wherever they stand in the text. */
  hide(text: string): string {
    const { definition, lastGood } = this.#spec;
    const value = lastGood.config.read?.value;
    if (!definition.config || value === undefined) return text;
    if (this.#hidden?.in !== value)
      this.#hidden = { in: value, hide: hiderOf(secretNames(definition.config), [value]) };
    return this.#hidden.hide(text);
  }
}
