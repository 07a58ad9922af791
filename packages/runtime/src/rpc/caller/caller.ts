import type { AnyContract, Ref } from "@reeve/contract";
import type { RefMaker } from "../callee/context.ts";
import type { Origin } from "../origin.ts";
import { type Principal, readPrincipal } from "../principal.ts";

/** Makes refs for code that is no manager: a script, a web server, a test. */
export class Caller {
  readonly #refs: RefMaker;
  readonly #origin: Origin;

  constructor(refs: RefMaker, peer: string, principal: Principal = { user: peer, roles: [] }) {
    this.#refs = refs;
    this.#origin = {
      peer,
      principal,
      requestId: undefined,
      deadlineAt: Number.POSITIVE_INFINITY,
      link: undefined,
      waits: true,
    };
  }

  ref<C extends AnyContract>(contract: C): Ref<C> {
    return this.#refs(contract, this.#origin);
  }

  /** The same caller on behalf of somebody else. @throws ReeveError `INVALID_OPTION` naming the field and the value */
  as(principal: Principal): Caller {
    return new Caller(this.#refs, this.#origin.peer, readPrincipal(principal));
  }
}
