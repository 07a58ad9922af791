import { type ReeveError, reeveError } from "@reeve/contract";
import { knownKeys, shown } from "../config/index.ts";
import type { HeldLease, Lease, LeaseHolder } from "./lease.ts";
import type { LeaseRequest, Leases } from "./leases.ts";

export interface LeaseOptions {
  /** Ends the waiting. A lease that is held by then stays held. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Resolves when this incarnation holds the lease of that name. One holder at a time among all incarnations of the manager, at
 * whatever address, whose hosts share a database; several waits of one process are served in the order they came.
 *
 * @param name 1 to 200 characters; managers of other kinds have names of their own
 * @throws the signal's reason; ReeveError `INVALID_OPTION` naming what is wrong; `NOT_SERVING` when the incarnation ends; `FENCED`
 * when another has taken its place; `STORE_MISUSE` inside a transaction. While the database fails it waits.
 *
 * @example
 * ```ts
 * await using held = await lease("rebalance", { signal: ctx.signal });
 * await driver.move(plan, { epoch: held.epoch, signal: held.signal });
 * ```
 */
export type AcquireLease = (name: string, options?: LeaseOptions) => Promise<HeldLease>;

const longestName = 200;

/** The leases of one incarnation: they end with it. */
export class OwnLeases {
  readonly #leases: Leases;
  readonly #holder: LeaseHolder;
  readonly #requested = new Set<Lease>();
  #ended: ReeveError | undefined;

  constructor(leases: Leases, holder: LeaseHolder) {
    this.#leases = leases;
    this.#holder = holder;
  }

  /** What the manager gets. */
  readonly acquire: AcquireLease = async (name, options = {}) => {
    knownKeys("lease", options, ["signal"]);
    const { signal } = options;
    if (typeof name !== "string" || name === "" || name.length > longestName)
      throw reeveError("INVALID_OPTION", `lease name: expected 1 to ${longestName} characters, got ${shown(name)}`);
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw reeveError("INVALID_OPTION", `lease "${name}": signal: expected an AbortSignal, got ${shown(signal)}`);
    return this.request({ name: `user:${this.#holder.manager}/${name}`, signal }).granted;
  };

  /** One under its full name. */
  request(wanted: Omit<LeaseRequest, "holder">): Lease {
    const lease = this.#leases.request({ ...wanted, holder: this.#holder });
    if (this.#ended) lease.tell("ended", this.#ended);
    this.#requested.add(lease);
    void lease.over.then(() => this.#requested.delete(lease));
    return lease;
  }

  /** Lets go of what its code has not let go of. What fences is left to expire: what was done under it may go on. */
  async release(): Promise<void> {
    this.#ended ??= reeveError("NOT_SERVING", "this incarnation ends", { data: { state: "stopped" } });
    const freed: Promise<void>[] = [];
    for (const lease of [...this.#requested]) {
      if (!lease.options.fences) lease.tell("release");
      lease.tell("ended", this.#ended);
      if (lease.state === "releasing" || lease.state === "withdrawing") freed.push(lease.over);
    }
    await Promise.all(freed);
  }

  /** The incarnation is over: whatever is done under its leases is to end. */
  revoke(reason: ReeveError): void {
    this.#ended ??= reason;
    for (const lease of [...this.#requested]) lease.tell("ended", reason);
  }
}
