/** An interface as `ip -N -j -d address show` tells of it; what is absent there is absent here. */
export interface Link {
  readonly index: number;
  readonly name: string;
  readonly group: number;
  /** `bridge`, `veth`, `tun`, …; hardware has none. */
  readonly kind: string | undefined;
  readonly up: boolean;
  readonly mtu: number;
  readonly mac: string | undefined;
  readonly master: string | undefined;
  readonly alias: string | undefined;
  /** The other end of a veth pair, or what this one lies upon. */
  readonly peerIndex: number | undefined;
  /** The namespace of that, as this one numbers it. */
  readonly peerNamespaceId: number | undefined;
  /** What this one lies upon or is paired with, in this namespace. */
  readonly lower: string | undefined;
  readonly addresses: readonly Address[];
  readonly bridge: { readonly filtering: boolean; readonly defaultPvid: number | undefined } | undefined;
}

export interface Address {
  /** With its prefix length. */
  readonly address: string;
  /** Made by the kernel or learned from a router: nobody asked for it. */
  readonly automatic: boolean;
}

interface RawLink {
  ifindex?: number;
  ifname?: string;
  group?: string;
  flags?: string[];
  mtu?: number;
  address?: string;
  master?: string;
  ifalias?: string;
  link?: string;
  link_index?: number;
  link_netnsid?: number;
  linkinfo?: {
    info_kind?: string;
    info_data?: { vlan_filtering?: number; vlan_default_pvid?: number };
  };
  addr_info?: { local?: string; prefixlen?: number; dynamic?: boolean; family?: string }[];
}

/** Reads the links out of what `ip` printed; before 6.17 it prints `{}` for each that does not match a filter. */
export function parseLinks(raw: unknown): Link[] {
  return (raw as RawLink[]).flatMap((link) => (link.ifname === undefined ? [] : toLink(link, link.ifname)));
}

function toLink(raw: RawLink, name: string): Link {
  const { info_kind: kind, info_data: data } = raw.linkinfo ?? {};
  return {
    index: raw.ifindex ?? 0,
    name,
    group: Number(raw.group === "default" ? 0 : raw.group),
    kind,
    up: raw.flags?.includes("UP") ?? false,
    mtu: raw.mtu ?? 0,
    mac: raw.address,
    master: raw.master,
    alias: raw.ifalias,
    peerIndex: raw.link_index,
    peerNamespaceId: raw.link_netnsid,
    lower: raw.link,
    addresses: (raw.addr_info ?? []).flatMap(({ local, prefixlen, dynamic, family }) =>
      local === undefined
        ? []
        : {
            address: `${local}/${prefixlen}`,
            automatic: dynamic === true || (family === "inet6" && isLinkLocal(local)),
          },
    ),
    bridge:
      kind === "bridge" ? { filtering: data?.vlan_filtering === 1, defaultPvid: data?.vlan_default_pvid } : undefined,
  };
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}
