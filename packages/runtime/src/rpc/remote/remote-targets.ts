import type { LocalTarget } from "../call.ts";
import type { LocalTargets } from "../local-targets.ts";
import { isSame, type Member, type Membership } from "../membership.ts";
import { RemoteTarget, type TargetPort } from "./remote-target.ts";

/** Tells of the managers of this process; the arrays it gives out live. */
export interface NearTargets extends LocalTargets {
  /** Told after a manager of that name and major came or went. Returns how to stop. */
  onChange(listener: (manager: string, major: number) => void): () => void;
}

interface Known {
  readonly manager: string;
  readonly major: number;
  readonly targets: LocalTarget[];
  remote: readonly RemoteTarget[];
}

/** Everybody who can be called: the managers of this process, and then those of others. The arrays it gives out live. */
export class AllTargets implements LocalTargets {
  readonly #near: NearTargets;
  readonly #membership: Membership;
  readonly #port: TargetPort;
  readonly #known = new Map<string, Known>();
  readonly #closers: readonly (() => void)[];

  constructor(near: NearTargets, membership: Membership, port: TargetPort) {
    this.#near = near;
    this.#membership = membership;
    this.#port = port;
    const changed = (manager: string, major: number) => this.#changed(manager, major);
    this.#closers = [near.onChange(changed), membership.onChange(changed)];
  }

  of(manager: string, major: number): readonly LocalTarget[] {
    const key = `${manager}.v${major}`;
    let known = this.#known.get(key);
    if (!known) {
      known = { manager, major, targets: [], remote: [] };
      this.#known.set(key, known);
      this.#fill(known);
    }
    return known.targets;
  }

  close(): void {
    for (const close of this.#closers) close();
  }

  #changed(manager: string, major: number): void {
    const known = this.#known.get(`${manager}.v${major}`);
    if (known) this.#fill(known);
  }

  #fill(known: Known): void {
    const near = this.#near.of(known.manager, known.major);
    const addresses = new Set(near.map(({ address }) => address));
    // What beats from here is called here.
    const members = this.#membership.of(known.manager, known.major).filter(({ address }) => !addresses.has(address));
    known.remote = members.map((member) => this.#targetOf(member, known.remote));
    known.targets.splice(0, known.targets.length, ...near, ...known.remote);
  }

  /** The same one as long as it is the same incarnation, whatever its beats say. */
  #targetOf(member: Member, earlier: readonly RemoteTarget[]): RemoteTarget {
    const { address, minor } = member;
    const known = earlier.find((target) => target.address === address && isSame(target.member, member));
    if (known === undefined || known.member.minor !== minor) return new RemoteTarget(this.#port, member);
    known.member = member;
    return known;
  }
}
