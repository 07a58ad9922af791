import {
  type AnyContract,
  type CallOptions,
  type CompiledOperation,
  type Contract,
  type Ref,
  reeveError,
} from "@reeve/contract";
import type { Client } from "./client.ts";
import type { LocalTarget } from "./local-target.ts";
import type { Origin } from "./origin.ts";

interface Bound {
  readonly client: Client;
  readonly targets: readonly LocalTarget[];
  readonly origin: Origin;
  readonly address: string | undefined;
}

type Method = (this: BoundRef, input: unknown, options?: CallOptions) => unknown;

/** What the methods of every ref find under `this`. */
class BoundRef {
  readonly $: Bound;

  constructor(bound: Bound) {
    this.$ = bound;
  }
}

type RefClass = new (bound: Bound) => BoundRef;

interface RefClasses {
  readonly plain: RefClass;
  readonly addressed: RefClass;
  readonly gathered: RefClass;
}

const addressPattern = /^[A-Za-z0-9_][A-Za-z0-9_-]*(@[A-Za-z0-9_][A-Za-z0-9_-]*)?$/;

/** One set of classes per contract, however many refs are made of it. */
const classes = new WeakMap<Contract, RefClasses>();

/** Makes a ref. Cheap: one object, its methods come from the contract's class. */
export function makeRef<C extends AnyContract>(client: Client, contract: C, origin: Origin): Ref<C> {
  let made = classes.get(contract);
  if (!made) {
    made = makeClasses(contract);
    classes.set(contract, made);
  }
  return new made.plain({
    client,
    targets: client.targetsOf(contract),
    origin,
    address: undefined,
  }) as unknown as Ref<C>;
}

function makeClasses(contract: Contract): RefClasses {
  const operations = [...contract.operations.values()];
  const addressed = refClass(operations.map((operation) => [operation.name, methodOf(contract, operation)]));
  const gathered = refClass(
    operations
      .filter(({ kind }) => kind === "call")
      .map((operation) => [operation.name, gatherMethodOf(contract, operation)]),
  );
  const plain = refClass([
    ...operations
      .filter(({ route }) => route !== "address")
      .map((operation) => [operation.name, methodOf(contract, operation)] as const),
    [
      "at",
      function at(this: BoundRef, address: unknown) {
        return new addressed({ ...this.$, address: checkedAddress(address) });
      },
    ],
    [
      "all",
      function all(this: BoundRef) {
        return new gathered(this.$);
      },
    ],
    [
      "supports",
      function supports(this: BoundRef, name: unknown) {
        const operation = contract.operations.get(String(name));
        return (
          operation !== undefined && this.$.targets.every((target) => target.contract.minor >= operation.sinceMinor)
        );
      },
    ],
  ]);
  return { plain, addressed, gathered };
}

function refClass(methods: readonly (readonly [string, unknown])[]): RefClass {
  const made = class extends BoundRef {};
  for (const [name, value] of methods) Object.defineProperty(made.prototype, name, { value, enumerable: true });
  return made;
}

function methodOf(contract: Contract, operation: CompiledOperation): Method {
  switch (operation.kind) {
    case "call":
      return function (input, options) {
        const { client, targets, origin, address } = this.$;
        return client.call(targets, contract, operation, origin, address, input, options);
      };
    case "cast":
      return function (input, options) {
        const { client, targets, origin, address } = this.$;
        return client.cast(targets, contract, operation, origin, address, input, options);
      };
    case "stream":
      return function (input, options) {
        const { client, targets, origin, address } = this.$;
        return client.stream(targets, contract, operation, origin, address, input, options);
      };
  }
}

function gatherMethodOf(contract: Contract, operation: CompiledOperation): Method {
  return function (input, options) {
    const { client, targets, origin } = this.$;
    return client.all(targets, contract, operation, origin, input, options);
  };
}

function checkedAddress(address: unknown): string {
  if (typeof address === "string" && addressPattern.test(address)) return address;
  throw reeveError(
    "INVALID_OPTION",
    `at: ${JSON.stringify(address)} is no address; write "host", "host@backend" or a cluster's name`,
  );
}
