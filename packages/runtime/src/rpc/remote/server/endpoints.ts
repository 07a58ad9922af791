import type { ChainLink } from "../../../mailbox/chain.ts";
import type { Endpoint } from "./endpoint.ts";

/** The managers of this process that others may call, by `manager/address`: the next incarnation may be there before the last one has closed. */
export class Endpoints {
  readonly #endpoints = new Map<string, Set<Endpoint>>();

  add(endpoint: Endpoint): void {
    const { key } = endpoint.manager;
    const there = this.#endpoints.get(key);
    if (there) there.add(endpoint);
    else this.#endpoints.set(key, new Set([endpoint]));
  }

  delete(endpoint: Endpoint): void {
    const { key } = endpoint.manager;
    const there = this.#endpoints.get(key);
    there?.delete(endpoint);
    if (there?.size === 0) this.#endpoints.delete(key);
  }

  /** Whether that incarnation is here. */
  readonly has = (key: string, incarnation: string): boolean => {
    for (const endpoint of this.#endpoints.get(key) ?? []) if (endpoint.incarnation === incarnation) return true;
    return false;
  };

  /** The call that runs in that manager under that request, and holds that lane; `foreign` when the manager is none of this process. */
  readonly running = (
    key: string,
    request: string | undefined,
    lane: string | undefined,
  ): ChainLink | "foreign" | undefined => {
    const here = this.#endpoints.get(key);
    for (const { manager } of here ?? []) {
      for (const call of manager.running()) {
        if (request !== undefined && call.requestId === request && call.lane === lane) return call;
      }
    }
    return here ? undefined : "foreign";
  };
}
