import type { CompiledOperation, Contract, Schema } from "@reeve/contract";

/** A schema's own validator, as Standard Schema has it. */
export type Validator = Schema["~standard"];
export type Validated = Awaited<ReturnType<Validator["validate"]>>;

/** An operation as both sides of a call use it: made once per contract. */
export interface Served {
  readonly contract: Contract;
  readonly operation: CompiledOperation;
  readonly input: Validator;
  readonly output: Validator | undefined;
  readonly progress: Validator | undefined;
  readonly cast: boolean;
  /** Any member may answer, of any version. */
  readonly anywhere: boolean;
  /** Nothing has to be asked or remembered before its handler runs. */
  readonly direct: boolean;
}

/** Whether a validator answers later. Cheaper than `instanceof`, which walks the prototypes of every result. */
export function isPending(result: Validated | Promise<Validated>): result is Promise<Validated> {
  return (result as { readonly then?: unknown }).then !== undefined;
}

const compiled = new WeakMap<Contract, ReadonlyMap<string, Served>>();

/** The operations of a contract by name; the same map for the same contract. */
export function servedBy(contract: Contract): ReadonlyMap<string, Served> {
  let operations = compiled.get(contract);
  if (!operations) {
    operations = new Map([...contract.operations].map(([name, operation]) => [name, serve(contract, operation)]));
    compiled.set(contract, operations);
  }
  return operations;
}

function serve(contract: Contract, operation: CompiledOperation): Served {
  const { input, output, progress, route, kind, dedupe, sinceMinor } = operation;
  return {
    contract,
    operation,
    input: input["~standard"],
    output: output?.["~standard"],
    progress: progress?.["~standard"],
    cast: kind === "cast",
    anywhere: route === "any" && sinceMinor === 0,
    direct: kind === "call" && route !== "owner" && dedupe === undefined,
  };
}
