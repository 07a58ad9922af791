import { parseLinkName } from "../names.ts";
import type { Link } from "./link.ts";

/** A VLAN that a port of a bridge carries. */
export interface CarriedVlan {
  readonly vlanId: number;
  /** Whether frames without a tag are of it, and leave without one. */
  readonly untagged: boolean;
}

/** The host's network namespace at one moment. */
export class HostView {
  readonly #links: ReadonlyMap<string, Link>;
  readonly #vlans: ReadonlyMap<string, readonly CarriedVlan[]>;
  /** Named namespaces and the numbers that this one has for them; stale ones have none. */
  readonly namespaces: ReadonlyMap<string, number | undefined>;
  readonly #group: number;

  constructor(
    links: readonly Link[],
    vlans: ReadonlyMap<string, readonly CarriedVlan[]>,
    namespaces: ReadonlyMap<string, number | undefined>,
    group: number,
  ) {
    this.#links = new Map(links.map((link) => [link.name, link]));
    this.#vlans = vlans;
    this.namespaces = namespaces;
    this.#group = group;
  }

  get links(): Iterable<Link> {
    return this.#links.values();
  }

  link(name: string): Link | undefined {
    return this.#links.get(name);
  }

  /** Whether a link is ours: by its name and its group, which one command gives it. */
  isOurs(link: Link): boolean {
    return link.group === this.#group && parseLinkName(link.name) !== undefined;
  }

  /** That link if it is there and ours. */
  ours(name: string): Link | undefined {
    const link = this.#links.get(name);
    return link && this.isOurs(link) ? link : undefined;
  }

  members(bridge: string): Link[] {
    return [...this.#links.values()].filter(({ master }) => master === bridge);
  }

  carried(name: string): readonly CarriedVlan[] {
    return this.#vlans.get(name) ?? [];
  }

  /** The name of the namespace of that number. */
  namespaceOf(id: number | undefined): string | undefined {
    if (id === undefined) return undefined;
    return [...this.namespaces].find(([, known]) => known === id)?.[0];
  }
}
