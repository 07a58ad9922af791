import type { Contract } from "@reeve/contract";
import { secretNames } from "@reeve/contract/internal";

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
