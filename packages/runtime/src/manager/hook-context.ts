import type { AnyContract, Ref } from "@reeve/contract";
import type { Ids } from "../base/ids.ts";
import type { Context, RefMaker } from "../rpc/callee/context.ts";
import type { Origin } from "../rpc/origin.ts";
import { type Principal, systemPrincipal } from "../rpc/principal.ts";
import type { Logger } from "../telemetry/index.ts";

interface HookOptions {
  /** `manager/address`: the peer and, where no principal is given, the system as whom it acts. */
  readonly key: string;
  /** What runs: `initHost`, `periodic reportStats`. */
  readonly hook: string;
  readonly signal: AbortSignal;
  /** Whether its calls wait for managers that do not serve yet. */
  readonly waits: boolean;
  /** For whom it acts, where that is not the manager itself. */
  readonly principal?: Principal | undefined;
  readonly refs: RefMaker;
  readonly ids: Ids;
  readonly log: Logger;
}

/** The context of a hook or a periodic task: each run is the origin of its own calls. */
export class HookContext implements Context, Origin {
  readonly link = undefined;
  readonly deadlineAt = Number.POSITIVE_INFINITY;
  readonly peer: string;
  readonly principal: Principal;
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly waits: boolean;
  readonly log: Logger;
  readonly #refs: RefMaker;

  constructor({ key, hook, signal, waits, principal, refs, ids, log }: HookOptions) {
    this.peer = key;
    this.principal = principal ?? systemPrincipal(key);
    this.requestId = ids();
    this.signal = signal;
    this.waits = waits;
    this.log = log.child({ requestId: this.requestId, hook });
    this.#refs = refs;
  }

  ref<C extends AnyContract>(contract: C): Ref<C> {
    return this.#refs(contract, this);
  }

  adopt(nested: { cancel(reason: unknown): void }): () => void {
    const cancel = () => nested.cancel(this.signal.reason);
    if (this.signal.aborted) cancel();
    else this.signal.addEventListener("abort", cancel, { once: true });
    return () => this.signal.removeEventListener("abort", cancel);
  }
}
