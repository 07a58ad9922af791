import type { ListedAttachment, Point, Segment } from "@reeve/driver-sdk/network";
import { markOf } from "@reeve/driver-sdk/network";
import { type PortAlias, parsePortAlias } from "../alias.ts";
import type { HostView } from "../host/host-view.ts";
import type { Link } from "../host/link.ts";
import { bridgeName, parseLinkName } from "../names.ts";
import { placeInBridge } from "./place-in-bridge.ts";
import { flatVlan, type Wiring } from "./wiring.ts";

/** A port as it is listed; undefined for one that is not finished and carries nothing. */
export function listedPort(wiring: Wiring, view: HostView, link: Link): ListedAttachment | undefined {
  const alias = parsePortAlias(link.alias);
  return alias ? knownPort(wiring, view, link, alias) : namelessPort(wiring, view, link);
}

function knownPort(wiring: Wiring, view: HostView, link: Link, alias: PortAlias): ListedAttachment {
  const { portId, generation, segment, physicalNetwork } = alias;
  const point = pointOf(view, link, alias.interface);
  const lost = link.kind === "veth" && point.kind === "netns" && point.namespace === undefined;
  const { first, last } = placeInBridge(wiring, view, link, { ...alias, mtu: link.mtu });
  const differs = [
    ...(view.ours(bridgeName(physicalNetwork)) ? [] : [`its bridge ${bridgeName(physicalNetwork)} is missing`]),
    ...[...first, ...last].map(({ why }) => why),
    ...(link.up ? [] : ["it is down"]),
    ...(lost ? ["its namespace has no name any more"] : []),
  ];
  return { mark: markOf(portId), portId, generation, segment, physicalNetwork, point, mtu: link.mtu, differs };
}

/** One whose alias somebody took away: it may carry traffic, so it is no leftover. */
function namelessPort({ options, filtering }: Wiring, view: HostView, link: Link): ListedAttachment | undefined {
  const mark = parseLinkName(link.name)?.mark;
  const physicalNetwork = Object.keys(options.physicalNetworks).find((name) => bridgeName(name) === link.master);
  if (!link.up || physicalNetwork === undefined || mark === undefined) return undefined;
  const vlanId = view.carried(link.name)[0]?.vlanId;
  if (filtering && vlanId === undefined) return undefined;
  const flat = !filtering || vlanId === flatVlan;
  const segment: Segment = flat ? { kind: "flat" } : { kind: "vlan", vlanId: vlanId! };
  return {
    mark,
    segment,
    physicalNetwork,
    point: pointOf(view, link),
    mtu: link.mtu,
    differs: ["it has no alias of ours"],
  };
}

function pointOf(view: HostView, link: Link, name?: string): Point {
  if (link.kind === "tun") return { kind: "tap" };
  return { kind: "netns", namespace: view.namespaceOf(link.peerNamespaceId), interface: name };
}
