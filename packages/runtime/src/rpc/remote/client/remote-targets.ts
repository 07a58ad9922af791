import type { LocalTargets } from "../../caller/local-targets.ts";
import type { LocalTarget } from "../../caller/routed-call.ts";
import { TargetList } from "../../caller/target-list.ts";
import type { Targets } from "../../caller/targets.ts";
import { isSame, type Member, type Membership } from "../../membership.ts";
import { RemoteTarget, type TargetPort } from "./remote-target.ts";

/** Tells of the managers of this process. */
export interface NearTargets extends LocalTargets {
  /** Told after a manager of that name and major came to an address or went from it. Returns how to stop. */
  onChange(listener: (manager: string, major: number, address: string) => void): () => void;
}

/**
 * Everybody who can be called: the managers of this process, and then those of others. The lists it gives out live. What happens
 * at one address costs a look at that address, however many members there are.
 */
export class AllTargets implements LocalTargets {
  readonly #near: NearTargets;
  readonly #membership: Membership;
  readonly #port: TargetPort;
  readonly #known = new Map<string, TargetList>();
  readonly #closers: readonly (() => void)[];

  constructor(near: NearTargets, membership: Membership, port: TargetPort) {
    this.#near = near;
    this.#membership = membership;
    this.#port = port;
    const changed = (manager: string, major: number, address: string) => this.#changed(manager, major, address);
    this.#closers = [near.onChange(changed), membership.onChange(changed)];
  }

  of(manager: string, major: number): Targets<LocalTarget> {
    const key = `${manager}.v${major}`;
    let list = this.#known.get(key);
    if (!list) {
      list = new TargetList();
      this.#known.set(key, list);
      for (const { address } of this.#near.of(manager, major)) this.#look(list, manager, major, address);
      for (const { address } of this.#membership.of(manager, major)) this.#look(list, manager, major, address);
    }
    return list;
  }

  close(): void {
    for (const close of this.#closers) close();
  }

  #changed(manager: string, major: number, address: string): void {
    const list = this.#known.get(`${manager}.v${major}`);
    if (list) this.#look(list, manager, major, address);
  }

  /** Who is at an address now, whatever happened there. */
  #look(list: TargetList, manager: string, major: number, address: string): void {
    // What tells of itself from here is called here, unless its address is another process's.
    const near = this.#near.of(manager, major).at(address);
    const member = near && !near.yielded ? undefined : this.#membership.at(manager, major, address);
    const target = member ? this.#targetOf(member, list.at(address)) : near;
    if (target) list.put(target);
    else list.remove(address);
  }

  /** The same one as long as it is the same incarnation, whatever its process tells. */
  #targetOf(member: Member, there: LocalTarget | undefined): RemoteTarget {
    const { minor, cluster } = member;
    if (!(there instanceof RemoteTarget) || !isSame(there.member, member)) return new RemoteTarget(this.#port, member);
    if (there.member.minor !== minor || there.cluster !== cluster) return new RemoteTarget(this.#port, member);
    there.member = member;
    return there;
  }
}
