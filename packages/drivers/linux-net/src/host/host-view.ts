import { parseSegmentAlias, type SegmentAlias } from "../alias.ts";
import { type LinkKind, parseLinkName } from "../names.ts";
import type { Link } from "./link.ts";

/** A VLAN that a port of a bridge carries. */
export interface CarriedVlan {
  readonly vlanId: number;
  /** Whether frames without a tag are of it, and leave without one. */
  readonly untagged: boolean;
}

/** A network that the host says it carries. */
export interface CarriedSegment extends SegmentAlias {
  readonly link: Link;
}

/** The host's network namespace at one moment. */
export class HostView {
  readonly #links: ReadonlyMap<string, Link>;
  readonly #vlans: ReadonlyMap<string, readonly CarriedVlan[]> | undefined;
  /** Named namespaces and the numbers that this one has for them; stale ones have none. */
  readonly namespaces: ReadonlyMap<string, number | undefined>;
  readonly #namespaceNames: ReadonlyMap<number | undefined, string>;
  readonly #group: number;
  readonly #own: ReadonlyMap<LinkKind | undefined, readonly Link[]>;
  /** The networks of ours; one whose alias is missing is not known to be any. */
  readonly segments: readonly CarriedSegment[];

  /** @param vlans undefined when nobody needed them */
  constructor(
    links: readonly Link[],
    vlans: ReadonlyMap<string, readonly CarriedVlan[]> | undefined,
    namespaces: ReadonlyMap<string, number | undefined>,
    group: number,
  ) {
    this.#links = new Map(links.map((link) => [link.name, link]));
    this.#vlans = vlans;
    this.namespaces = namespaces;
    this.#namespaceNames = new Map([...namespaces].map(([name, id]) => [id, name]));
    this.#group = group;
    // Once: a list asks for them for each network.
    this.#own = Map.groupBy(
      links.filter((link) => this.isOurs(link)),
      ({ name }) => parseLinkName(name)?.kind,
    );
    this.segments = this.own("segment").flatMap((link) => {
      const alias = parseSegmentAlias(link.alias);
      return alias ? [{ ...alias, link }] : [];
    });
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

  /** Our links of one kind. */
  own(kind: LinkKind): readonly Link[] {
    return this.#own.get(kind) ?? [];
  }

  segmentsOn(physicalNetwork: string): CarriedSegment[] {
    return this.segments.filter((segment) => segment.physicalNetwork === physicalNetwork);
  }

  /** Whether anything is a member of a bridge: else nothing carries a VLAN. */
  get hasMembers(): boolean {
    return [...this.#links.values()].some(({ master }) => master !== undefined);
  }

  members(bridge: string): Link[] {
    return [...this.#links.values()].filter(({ master }) => master === bridge);
  }

  /** @throws Error when VLANs were not read: the decision that asks has not said that it needs them */
  carried(name: string): readonly CarriedVlan[] {
    if (!this.#vlans) throw new Error(`the VLANs of ${name} were not read`);
    return this.#vlans.get(name) ?? [];
  }

  /** The name of the namespace of that number. */
  namespaceOf(id: number | undefined): string | undefined {
    return id === undefined ? undefined : this.#namespaceNames.get(id);
  }
}
