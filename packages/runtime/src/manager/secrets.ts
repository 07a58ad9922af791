import { type Contract, ReeveError } from "@reeve/contract";
import { secretNames } from "@reeve/contract/internal";
import { hiderOf, hideSecrets } from "../config/index.ts";
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
    return this.#hider?.(text) ?? text;
  }

  /** The error itself where none stands in it. Another one has neither stack nor cause. */
  hideError(error: unknown): unknown {
    const hide = this.#hider;
    if (!hide || !(error instanceof Error)) return error;
    const { config } = this.#spec.definition;
    if (error instanceof ReeveError) return hideSecrets(error, config, [this.#config]);
    const told = `${error.stack} ${String(error.cause)}`;
    if (hide(told) === told) return error;
    const shown = new Error(hide(error.message));
    return Object.assign(shown, { name: error.name, stack: String(shown) });
  }

  get #config(): unknown {
    return this.#spec.lastGood.config.read?.value;
  }

  get #hider(): ((text: string) => string) | undefined {
    const { config } = this.#spec.definition;
    const value = this.#config;
    if (!config || value === undefined) return undefined;
    if (this.#hidden?.in !== value) this.#hidden = { in: value, hide: hiderOf(secretNames(config), [value]) };
    return this.#hidden.hide;
  }
}
