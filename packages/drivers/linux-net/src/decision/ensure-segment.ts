import { DriverError } from "@reeve/driver-sdk";
import type { SegmentSpec } from "@reeve/driver-sdk/network";
import { formatSegmentAlias, parseSegmentAlias } from "../alias.ts";
import { bridge, type Command, ip, withoutIpv6 } from "../command/command.ts";
import type { CarriedSegment, HostView } from "../host/host-view.ts";
import type { Link } from "../host/link.ts";
import { bridgeName, segmentName } from "../names.ts";
import { oursOrNothing } from "./foreign.ts";
import { mayGetIpv6 } from "./ipv6.ts";
import { requireUplink } from "./uplink.ts";
import {
  bridgeMac,
  innerVlan,
  requireCarried,
  requirePhysicalNetwork,
  sameSegment,
  segmentText,
  type Wiring,
} from "./wiring.ts";

/** A segment as it is to be; what people call it is nowhere on a host. */
export type SegmentWish = Omit<SegmentSpec, "name">;

/**
 * What makes the host carry a network, in an order of which each beginning is safe: the segment's own link first, so that an
 * interrupted call is seen, and the VLAN on the uplink last.
 *
 * @throws DriverError as the port says
 */
export function ensureSegment(wiring: Wiring, view: HostView, wish: SegmentWish): Command[] {
  const { uplink: uplinkName } = requirePhysicalNetwork(wiring, wish.physicalNetwork);
  requireCarried(wiring, wish.segment);
  const bridgeLink = oursOrNothing(view, bridgeName(wish.physicalNetwork), ["bridge"]);
  const uplink = uplinkName === undefined ? undefined : requireUplink(view, uplinkName, wish);
  const segmentLink = oursOrNothing(view, segmentName(wish.networkId), ["bridge"]);
  const others = view.segmentsOn(wish.physicalNetwork).filter(({ link }) => link !== segmentLink);
  requireFree(segmentLink, others, wish);
  const mtu = Math.max(wish.mtu, ...others.map(({ link }) => link.mtu));
  return [
    ...segmentItself(wiring, segmentLink, wish),
    ...bridgeItself(wiring, bridgeLink, wish, mtu),
    ...(uplink ? memberUplink(uplink, bridgeName(wish.physicalNetwork)) : []),
    ...bridgeUp(bridgeLink, bridgeName(wish.physicalNetwork)),
    ...segmentAlias(segmentLink, wish),
    ...(uplink && wiring.filtering ? uplinkVlan(view, uplink, wish) : []),
  ];
}

function requireFree(
  link: Link | undefined,
  others: readonly CarriedSegment[],
  { networkId, segment, physicalNetwork }: SegmentWish,
): void {
  const known = parseSegmentAlias(link?.alias);
  if (known && (known.physicalNetwork !== physicalNetwork || !sameSegment(known.segment, segment)))
    throw new DriverError(
      "ALREADY_EXISTS",
      `network ${networkId} is carried here as ${segmentText(known.segment)} of ${known.physicalNetwork}`,
    );
  const other = others.find((carried) => sameSegment(carried.segment, segment));
  if (other)
    throw new DriverError(
      "ALREADY_EXISTS",
      `${segmentText(segment)} of ${physicalNetwork} carries network ${other.networkId} here`,
      { data: { networkId: other.networkId } },
    );
}

function segmentItself(wiring: Wiring, link: Link | undefined, { networkId, mtu }: SegmentWish): Command[] {
  const name = segmentName(networkId);
  if (!link) return [makeBridge(wiring, `the segment's link ${name} is missing`, name, mtu)];
  if (link.mtu === mtu) return [];
  return [ip(`its MTU is ${link.mtu} instead of ${mtu}`, "link", "set", "dev", name, "mtu", String(mtu))];
}

/** Its mark and its own MAC come with it. */
function makeBridge({ options }: Wiring, why: string, name: string, mtu: number, settings: readonly string[] = []) {
  const own = ["group", String(options.group), "address", bridgeMac(name), "mtu", String(mtu)];
  return ip(why, "link", "add", "name", name, ...own, "type", "bridge", ...settings);
}

function segmentAlias(link: Link | undefined, wish: SegmentWish): Command[] {
  const alias = formatSegmentAlias(wish);
  if (link?.alias === alias) return [];
  return [ip("the segment's link has no alias", "link", "set", "dev", segmentName(wish.networkId), "alias", alias)];
}

const failClosed = ["vlan_filtering", "1", "vlan_default_pvid", "0"];

function bridgeItself(wiring: Wiring, link: Link | undefined, wish: SegmentWish, mtu: number): Command[] {
  const name = bridgeName(wish.physicalNetwork);
  const setMtu = ip(`the bridge's MTU is not ${mtu}`, "link", "set", "dev", name, "mtu", String(mtu));
  if (!link) {
    // An MTU that is changed once stays: a bridge follows its ports until then, and the one given at its making does not count.
    const passing = mtu === 65_535 ? mtu - 1 : mtu + 1;
    return [
      makeBridge(wiring, `the bridge ${name} is missing`, name, passing, wiring.filtering ? failClosed : []),
      setMtu,
      withoutIpv6("the bridge speaks IPv6", name),
    ];
  }
  const { filtering = false, defaultPvid } = link.bridge ?? {};
  const open = wiring.filtering && (!filtering || defaultPvid !== 0);
  return [
    ...(open
      ? [ip("the bridge does not keep VLANs apart", "link", "set", "dev", name, "type", "bridge", ...failClosed)]
      : []),
    ...(link.mtu === mtu ? [] : [setMtu]),
    ...(mayGetIpv6(link) ? [withoutIpv6("the bridge speaks IPv6", name)] : []),
  ];
}

function bridgeUp(link: Link | undefined, name: string): Command[] {
  return link?.up ? [] : [ip("the bridge is down", "link", "set", "dev", name, "up")];
}

function memberUplink(uplink: Link, bridgeOf: string): Command[] {
  const { name, master, up } = uplink;
  return [
    ...(master === bridgeOf
      ? []
      : [ip(`the uplink ${name} is not a member`, "link", "set", "dev", name, "master", bridgeOf)]),
    ...(up ? [] : [ip(`the uplink ${name} is down`, "link", "set", "dev", name, "up")]),
  ];
}

function uplinkVlan(view: HostView, { name, master }: Link, { segment, physicalNetwork }: SegmentWish): Command[] {
  const vlanId = innerVlan(segment);
  const untagged = segment.kind === "flat";
  const carried = master === bridgeName(physicalNetwork) ? view.carried(name) : [];
  if (carried.some((vlan) => vlan.vlanId === vlanId && vlan.untagged === untagged)) return [];
  const why = `the uplink ${name} does not carry ${segmentText(segment)}`;
  const add = ["vlan", "add", "dev", name, "vid", String(vlanId), ...(untagged ? ["pvid", "untagged"] : [])];
  return [bridge(why, ...add)];
}
