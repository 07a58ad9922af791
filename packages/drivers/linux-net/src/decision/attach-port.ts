import { DriverError } from "@reeve/driver-sdk";
import type { AttachmentSpec } from "@reeve/driver-sdk/network";
import { aliasOf, formatPortAlias, parseSegmentAlias } from "../alias.ts";
import { type Command, ip, withoutIpv6 } from "../command/command.ts";
import type { HostView } from "../host/host-view.ts";
import type { Link } from "../host/link.ts";
import { type NamespaceState, peerIn } from "../host/namespace-view.ts";
import { bridgeName, namespaceName, portName, segmentName, stagedTapName } from "../names.ts";
import { configureNamespace } from "./configure-namespace.ts";
import { inTheWay } from "./foreign.ts";
import { placeInBridge } from "./place-in-bridge.ts";
import { type Place, placeOf, reusable } from "./port-wish.ts";
import { requireUplink } from "./uplink.ts";
import {
  hostEndMac,
  type Meaning,
  requireCarried,
  requirePhysicalNetwork,
  sameSegment,
  type Wiring,
} from "./wiring.ts";

/**
 * What makes the host carry a port, in an order of which each beginning is safe: it is made in its bridge, down and, where the
 * bridge tells VLANs apart, in none. What lets it carry comes at last: there its VLAN, elsewhere that it goes up. Until then it is
 * listed as different or left over, so that all before that is done again. Neighbours share a program, and the order leaves few.
 *
 * @param inside the namespace that it is to be in; absent for a tap
 * @throws DriverError as the port says
 */
export function attachPort(
  wiring: Wiring,
  view: HostView,
  inside: NamespaceState | undefined,
  spec: AttachmentSpec,
  meaning: Meaning,
): Command[] {
  const { uplink } = requirePhysicalNetwork(wiring, spec.physicalNetwork);
  requireCarried(wiring, spec.segment);
  const place = placeOf(wiring, spec);
  const link = reusable(view, spec);
  if (meaning === "now") requireEnsured(view, spec);
  if (uplink !== undefined) requireUplink(view, uplink, spec);
  const peer = link && inside !== undefined ? peerIn(inside, link) : undefined;
  const kept = link && (place === undefined || peer?.name === place.interface) ? link : undefined;
  if (place) requireRoom(place, inside ?? "absent", view.ours(portName(spec.portId)));
  const { first, last } = placeInBridge(wiring, view, kept, spec);
  const up = setUp(kept, spec);
  const isSilent = (kept?.up && last.length === 0) || first.some(({ program }) => program === "sysctl");
  return [
    ...(kept
      ? []
      : [
          ...removeOld(wiring, view, inside, spec, place),
          ...(place ? makeVeth(wiring, view, inside, spec, place) : makeTap(wiring, spec)),
          ...setAlias(kept, spec),
        ]),
    ...first,
    // It has no VLAN yet.
    ...(last.length > 0 ? up : []),
    ...(isSilent ? [] : [withoutIpv6("it may speak IPv6", portName(spec.portId))]),
    ...(place ? configureNamespace(spec, place, inside, kept && peer) : []),
    // A newer generation is told when all is as that one asked for.
    ...(kept ? setAlias(kept, spec) : []),
    ...(last.length > 0 ? last : up),
  ];
}

function requireEnsured(view: HostView, { networkId, segment, physicalNetwork }: AttachmentSpec): void {
  const known = parseSegmentAlias(view.ours(segmentName(networkId))?.alias);
  const carried = known?.physicalNetwork === physicalNetwork && sameSegment(known.segment, segment);
  if (carried && view.ours(bridgeName(physicalNetwork))) return;
  throw new DriverError(
    "FAILED_PRECONDITION",
    `network ${networkId} is not carried here as that segment; ensure it first`,
  );
}

/** @throws DriverError `NOT_FOUND` without the namespace that was named, `FAILED_PRECONDITION` when something has the interface's name there */
function requireRoom(place: Place, inside: NamespaceState, old: Link | undefined): void {
  if (!place.own && typeof inside === "string") {
    const why = inside === "stale" ? "its file leads to no namespace" : "there is no such namespace";
    throw new DriverError("NOT_FOUND", `namespace ${place.namespace}: ${why}`);
  }
  if (typeof inside === "string") return;
  const taken = inside.links.find(({ name }) => name === place.interface);
  if (!taken || (old && peerIn(inside, old) === taken)) return;
  throw inTheWay(
    `interface ${place.interface} of namespace ${place.namespace}`,
    "is not ours; remove or rename it, or name another interface",
  );
}

function removeOld(
  { options }: Wiring,
  view: HostView,
  inside: NamespaceState | undefined,
  { portId }: AttachmentSpec,
  place: Place | undefined,
): Command[] {
  const links = [portName(portId), stagedTapName(portId)].filter((name) => isOldLink(view, name));
  const own = namespaceName(options.group, portId);
  const unwanted = view.namespaces.has(own) && (!place?.own || inside === "stale");
  return [
    // By name and before its namespace: that one's end would take the veth pair along later, or never.
    ...links.map((name) => ip(`link ${name} is not what is asked for`, "link", "del", "dev", name)),
    ...(unwanted ? [ip(`namespace ${own} is not what is asked for`, "netns", "del", own)] : []),
  ];
}

/** Ours, or a tap on the way to becoming ours, which has no group yet. */
export function isOldLink(view: HostView, name: string): boolean {
  const link = view.link(name);
  if (!link) return false;
  if (view.isOurs(link)) return true;
  const { kind, group, master, up, addresses } = link;
  return (
    name.startsWith("rvt") && kind === "tun" && group === 0 && master === undefined && !up && addresses.length === 0
  );
}

function makeVeth(
  { options }: Wiring,
  view: HostView,
  inside: NamespaceState | undefined,
  spec: AttachmentSpec,
  place: Place,
): Command[] {
  const name = portName(spec.portId);
  const mtu = ["mtu", String(spec.mtu)];
  const own = [
    "master",
    bridgeName(spec.physicalNetwork),
    "group",
    String(options.group),
    "address",
    hostEndMac(name),
    ...mtu,
  ];
  const peer = ["peer", "name", place.interface, "netns", place.namespace, "address", spec.mac, ...mtu];
  const missing = place.own && (inside === "stale" || !view.namespaces.has(place.namespace));
  return [
    ...(missing ? [ip(`namespace ${place.namespace} is missing`, "netns", "add", place.namespace)] : []),
    // One message to the kernel: a link that is there has its mark, its bridge and its other end.
    ip(`link ${name} is missing`, "link", "add", "name", name, ...own, "type", "veth", ...peer),
  ];
}

/** A tap is not made by such a message; it gets our name once it has our group. */
function makeTap({ options }: Wiring, { portId, physicalNetwork, mtu }: AttachmentSpec): Command[] {
  const [staged, name] = [stagedTapName(portId), portName(portId)];
  const why = `link ${name} is missing`;
  const marks = ["group", String(options.group), "address", hostEndMac(name), "mtu", String(mtu)];
  return [
    ip(why, "tuntap", "add", "dev", staged, "mode", "tap", "user", options.tapUser),
    ip(why, "link", "set", "dev", staged, ...marks),
    ip(why, "link", "set", "dev", staged, "name", name),
    ip(why, "link", "set", "dev", name, "master", bridgeName(physicalNetwork)),
  ];
}

function setAlias(link: Link | undefined, spec: AttachmentSpec): Command[] {
  const alias = formatPortAlias(aliasOf(spec));
  if (link?.alias === alias) return [];
  return [ip("its alias is not that of the port", "link", "set", "dev", portName(spec.portId), "alias", alias)];
}

function setUp(link: Link | undefined, { portId }: AttachmentSpec): Command[] {
  return link?.up ? [] : [ip("it is down", "link", "set", "dev", portName(portId), "up")];
}
