import {
  type AnyContract,
  type CallOptions,
  type Contract,
  type PageRequest,
  type Ref,
  reeveError,
} from "@reeve/contract";
import { isAddress, shown } from "../../config/index.ts";
import { type Served, servedBy } from "../callee/served.ts";
import type { Origin } from "../origin.ts";
import type { CastKeeper, KeptBinding } from "./cast-keeper.ts";
import type { Client } from "./client.ts";
import { eachItem } from "./each-item.ts";

interface BoundClient extends KeptBinding {
  readonly client: Client;
}

type Method = (this: BoundRef, input: unknown, options?: CallOptions) => unknown;

/** What the methods of every ref find under `this`; no operation can be called `$`. */
class BoundRef {
  readonly $: BoundClient;

  constructor(bound: BoundClient) {
    this.$ = bound;
  }
}

type RefClass = new (bound: BoundClient) => BoundRef;

interface RefClasses {
  readonly plain: RefClass;
  readonly addressed: RefClass;
  readonly gathered: RefClass;
}

/** One set of classes per contract, however many refs are made of it. */
const classes = new WeakMap<Contract, RefClasses>();

/** Makes a ref. Cheap: its methods come from the contract's class. @param casts where its durable casts are kept */
export function makeRef<C extends AnyContract>(
  client: Client,
  contract: C,
  origin: Origin,
  casts?: CastKeeper | undefined,
): Ref<C> {
  let made = classes.get(contract);
  if (!made) {
    made = makeClasses(contract);
    classes.set(contract, made);
  }
  const ref = new made.plain({ client, targets: client.targetsOf(contract), origin, address: undefined, casts });
  return ref as unknown as Ref<C>;
}

function makeClasses(contract: Contract | undefined): RefClasses {
  if (!(contract?.operations instanceof Map))
    throw reeveError("INVALID_OPTION", `ref: ${shown(contract)} is no contract; make it with contract()`);
  const operations = [...servedBy(contract).values()];
  const methods = operations.map((served) => [served.operation.name, methodOf(served)] as const);
  const addressed = refClass(methods);
  const gathered = refClass(
    operations
      .filter(({ operation }) => operation.kind === "call")
      .map((served) => [served.operation.name, gatherMethodOf(served)]),
  );
  const plain = refClass([
    ...methods,
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
        if (operation === undefined) return false;
        const { lowestMinor } = this.$.targets;
        return lowestMinor === undefined || lowestMinor >= operation.sinceMinor;
      },
    ],
  ]);
  return { plain, addressed, gathered };
}

function refClass(methods: readonly (readonly [string, unknown])[]): RefClass {
  const made = class extends BoundRef {};
  for (const [name, value] of methods) {
    const property = value instanceof PagedMethod ? { get: value.get } : { value };
    Object.defineProperty(made.prototype, name, { ...property, enumerable: true });
  }
  return made;
}

/** A method that has one of its own must know its ref before it is called. */
class PagedMethod {
  readonly get: (this: BoundRef) => unknown;

  constructor(served: Served) {
    this.get = function () {
      const { $: bound } = this;
      const page = (request: unknown, options?: CallOptions) => bound.client.call(bound, served, request, options);
      const each = (request?: PageRequest<unknown>, options?: CallOptions) =>
        eachItem(served.operation.name, page, request, options);
      return Object.assign(page, { each });
    };
  }
}

function methodOf(served: Served): Method | PagedMethod {
  if (served.operation.paged) return new PagedMethod(served);
  switch (served.operation.kind) {
    case "call":
    case "cast":
      return function (input, options) {
        return this.$.client.call(this.$, served, input, options);
      };
    case "stream":
      return function (input, options) {
        return this.$.client.stream(this.$, served, input, options);
      };
  }
}

function gatherMethodOf(served: Served): Method {
  return function (input, options) {
    return this.$.client.all(this.$, served, input, options);
  };
}

/** An address, or a cluster: its name has the form of a host's. */
function checkedAddress(address: unknown): string {
  if (isAddress(address)) return address;
  throw reeveError(
    "INVALID_OPTION",
    `at: expected "host", "host@backend" or a cluster's name, got ${JSON.stringify(address)}`,
  );
}
