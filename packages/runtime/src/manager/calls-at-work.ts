import { AsyncLocalStorage } from "node:async_hooks";
import type { Call } from "../rpc/call.ts";
import type { CallScope } from "../rpc/runner.ts";

/**
 * Which resource a running operation works on: that of the first journalled work which its handler runs. Known for operations
 * with an owner, for streams and for those that keep their keys in the store; for plain calls the lane has to do.
 */
export class CallsAtWork implements CallScope {
  readonly #calls = new AsyncLocalStorage<Call>();
  readonly #resources = new WeakMap<Call, string>();

  run<R>(call: Call, action: () => R): R {
    return this.#calls.run(call, action);
  }

  /** Work is run, in the context of the operation that runs it. */
  began(resource: string): void {
    const call = this.#calls.getStore();
    // What it calls in this process runs in its context as well: the first work is its own.
    if (call && !this.#resources.has(call)) this.#resources.set(call, resource);
  }

  /** The resource that its handler works on, or else its lane. */
  resourceOf(call: Call): string | undefined {
    return this.#resources.get(call) ?? call.lane;
  }
}
