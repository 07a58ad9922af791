import type { HostLimits } from "./filters.ts";
import type { HostState } from "./host-state.ts";

/**
 * One backend that several members report: a host with the cluster's address. The first member that is ready speaks for it
 * (Cinder's first up member), and goes on to while it can: what the others say is only theirs until then.
 */
export class ClusterHost {
  /** By address, in the order in which they were heard of. */
  readonly #members = new Map<string, HostState>();
  #leader: HostState;

  constructor(first: HostState) {
    this.#leader = first;
    this.#members.set(first.address, first);
  }

  /** Speaks for all. */
  get leader(): HostState {
    return this.#leader;
  }

  get members(): Iterable<HostState> {
    return this.#members.values();
  }

  get size(): number {
    return this.#members.size;
  }

  add(member: HostState): void {
    this.#members.set(member.address, member);
  }

  /** False when it was the last one. */
  remove(member: HostState): boolean {
    this.#members.delete(member.address);
    const [next] = this.#members.values();
    if (this.#leader === member && next) this.#leader = next;
    return next !== undefined;
  }

  /** True when another member speaks for it from now on. */
  elect(now: number, limits: HostLimits): boolean {
    if (isLive(this.#leader, now, limits)) return false;
    for (const member of this.#members.values()) {
      if (!isLive(member, now, limits)) continue;
      this.#leader = member;
      return true;
    }
    return false;
  }
}

/** In the words of the filters `up`, `ready` and `measured`. */
function isLive(host: HostState, now: number, { downAfterMs, maxAgeMs }: HostLimits): boolean {
  return host.status === "ready" && host.heardAt >= now - downAfterMs && host.measuredAt >= now - maxAgeMs;
}
