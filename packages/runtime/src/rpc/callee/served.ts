import type { Contract, Schema } from "@reeve/contract";
import { type CompiledOperation, everyRole, holdsOnlyScalars } from "@reeve/contract/internal";

/** A schema's own validator, as Standard Schema has it. */
export type Validator = Schema["~standard"];
export type Validated = Awaited<ReturnType<Validator["validate"]>>;

/** An operation as both sides of a call use it: made once per contract. */
export class Served {
  readonly contract: Contract;
  readonly operation: CompiledOperation;
  readonly input: Validator;
  readonly output: Validator | undefined;
  readonly progress: Validator | undefined;
  /** It ends for its caller when it is accepted; a durable cast ends when it has been carried out. */
  readonly cast: boolean;
  /** Any member may answer, of any version. */
  readonly anywhere: boolean;
  /** Nothing has to be asked or remembered before its handler runs. */
  readonly direct: boolean;
  /** Any one of them lets a principal call it; undefined where it is everybody's. */
  readonly roles: readonly string[] | undefined;
  #flatInput: boolean | undefined = undefined;
  #flatOutput: boolean | undefined = undefined;

  constructor(contract: Contract, operation: CompiledOperation) {
    const { input, output, progress, route, kind, dedupe, sinceMinor, roles } = operation;
    this.contract = contract;
    this.operation = operation;
    this.input = input["~standard"];
    this.output = output?.["~standard"];
    this.progress = progress?.["~standard"];
    this.cast = kind === "cast" && !operation.durable;
    this.anywhere = route === "any" && sinceMinor === 0;
    this.direct = kind === "call" && route !== "owner" && dedupe === undefined;
    this.roles = roles?.includes(everyRole) ? undefined : roles;
  }

  /** Nothing within an input can be shared with the caller. */
  get flatInput(): boolean {
    this.#flatInput ??= holdsOnlyScalars(this.operation.input);
    return this.#flatInput;
  }

  /** Nothing within an answer can be shared with the manager. */
  get flatOutput(): boolean {
    const { output } = this.operation;
    this.#flatOutput ??= output !== undefined && holdsOnlyScalars(output);
    return this.#flatOutput;
  }
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
    operations = new Map([...contract.operations].map(([name, operation]) => [name, new Served(contract, operation)]));
    compiled.set(contract, operations);
  }
  return operations;
}
