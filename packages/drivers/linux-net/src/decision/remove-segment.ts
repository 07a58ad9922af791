import { DriverError } from "@reeve/driver-sdk";
import type { Segment } from "@reeve/driver-sdk/network";
import { parsePortAlias, parseSegmentAlias } from "../alias.ts";
import { bridge, type Command, ip } from "../command/command.ts";
import type { HostView } from "../host/host-view.ts";
import type { Link } from "../host/link.ts";
import { bridgeName } from "../names.ts";
import { innerVlan, type Meaning, sameSegment, type Wiring } from "./wiring.ts";

/** A segment to be removed, by the name of its link: of one whose id nobody knows any more there is only that. */
export interface RemovalWish {
  readonly linkName: string;
  /** What it carried, as far as the caller knows; the link's alias knows better. */
  readonly segment?: Segment | undefined;
  readonly physicalNetwork?: string | undefined;
}

/**
 * What ends it that the host carries a network, the segment's own link last: until then an interrupted call is seen. The bridge
 * goes with its last segment, unless others use it.
 *
 * @throws DriverError `FAILED_PRECONDITION` while ports of ours are attached
 */
export function removeSegment(wiring: Wiring, view: HostView, wish: RemovalWish, meaning: Meaning): Command[] {
  const link = view.ours(wish.linkName);
  const known = parseSegmentAlias(link?.alias) ?? wish;
  const { segment, physicalNetwork } = known;
  const itself = link ? [ip("its link is there", "link", "del", "dev", link.name)] : [];
  if (!segment || physicalNetwork === undefined) return itself;
  const others = view.segmentsOn(physicalNetwork).filter((other) => other.link.name !== wish.linkName);
  const taken = others.some((other) => sameSegment(other.segment, segment));
  const bridgeLink = view.ours(bridgeName(physicalNetwork));
  if (!bridgeLink) return itself;
  const gone = taken ? [] : portsOf(wiring, view, bridgeLink, segment);
  if (meaning === "now") refuseWith(gone);
  const uplinkName = wiring.options.physicalNetworks[physicalNetwork]?.uplink;
  const uplink = uplinkName === undefined ? undefined : view.link(uplinkName);
  const member = uplink?.master === bridgeLink.name ? uplink : undefined;
  if (others.length === 0 && isIdle(wiring, view, bridgeLink, [...gone, ...(member ? [member] : [])], segment)) {
    const left = member ? [ip("the uplink is a member", "link", "set", "dev", member.name, "nomaster")] : [];
    return [...left, ip("the bridge is there", "link", "del", "dev", bridgeLink.name), ...itself];
  }
  const vlanId = innerVlan(segment);
  const foreign = view.members(bridgeLink.name).some(({ name }) => name !== uplinkName && carries(view, name, vlanId));
  const unused = member && !taken && !foreign && carries(view, member.name, vlanId);
  const off = ["vlan", "del", "dev", member?.name ?? "", "vid", String(vlanId)];
  return [...(unused ? [bridge("the uplink carries it", ...off)] : []), ...itself];
}

function carries(view: HostView, name: string, vlanId: number): boolean {
  return view.carried(name).some((vlan) => vlan.vlanId === vlanId);
}

/** Ports of ours that are attached to the segment. */
function portsOf({ filtering }: Wiring, view: HostView, bridgeLink: Link, segment: Segment): Link[] {
  return view.own("port").filter((link) => {
    const alias = parsePortAlias(link.alias);
    if (alias) return bridgeName(alias.physicalNetwork) === bridgeLink.name && sameSegment(alias.segment, segment);
    if (link.master !== bridgeLink.name || !link.up) return false;
    return !filtering || carries(view, link.name, innerVlan(segment));
  });
}

function refuseWith(ports: readonly Link[]): void {
  if (ports.length === 0) return;
  const named = ports.map(({ name, alias }) => parsePortAlias(alias)?.portId ?? name);
  throw new DriverError("FAILED_PRECONDITION", `ports are attached to it: ${named.slice(0, 20).join(", ")}`, {
    data: { ports: named.slice(0, 20), count: named.length },
  });
}

/** Whether nobody but this segment uses the bridge: no other member, address, interface upon it, or VLAN of an operator's. */
function isIdle(wiring: Wiring, view: HostView, bridgeLink: Link, leaving: readonly Link[], segment: Segment): boolean {
  const { name, addresses } = bridgeLink;
  const vlanId = innerVlan(segment);
  return (
    view.members(name).every((member) => leaving.includes(member) || isUnfinished(view, member)) &&
    addresses.every(({ automatic }) => automatic) &&
    ![...view.links].some(({ lower }) => lower === name) &&
    (!wiring.filtering ||
      [bridgeLink, ...leaving].every((it) => view.carried(it.name).every((vlan) => vlan.vlanId === vlanId)))
  );
}

/** A port that an interrupted call left: it is down, and goes with its own id. */
function isUnfinished(view: HostView, link: Link): boolean {
  return view.isOurs(link) && !link.up && parsePortAlias(link.alias) === undefined;
}
