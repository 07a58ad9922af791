import type { AttachmentSpec } from "@reeve/driver-sdk/network";
import { bridge, type Command, ip, withoutIpv6 } from "../command/command.ts";
import type { HostView } from "../host/host-view.ts";
import type { Link } from "../host/link.ts";
import { bridgeName, portName } from "../names.ts";
import { mayGetIpv6 } from "./ipv6.ts";
import { innerVlan, type Wiring } from "./wiring.ts";

type BridgedPort = Pick<AttachmentSpec, "portId" | "physicalNetwork" | "segment" | "mtu">;

/** What makes the host's end of a port carry its segment and nothing else. */
export interface Placing {
  /** For its place, MTU and silence, and that it leaves other VLANs. */
  readonly first: readonly Command[];
  /** With which it carries its own; empty when it does, and where bridges do not tell VLANs apart. */
  readonly last: readonly Command[];
}

/** @param link as it is; absent when it has just been made */
export function placeInBridge(
  { filtering }: Wiring,
  view: HostView,
  link: Link | undefined,
  spec: BridgedPort,
): Placing {
  const name = portName(spec.portId);
  const bridgeOf = bridgeName(spec.physicalNetwork);
  const vlanId = innerVlan(spec.segment);
  const carried = filtering && link?.master === bridgeOf ? view.carried(name) : [];
  const right = carried.some((vlan) => vlan.vlanId === vlanId && vlan.untagged);
  const moved = link && link.master !== bridgeOf;
  const where = link?.master === undefined ? "in no bridge" : `a member of ${link.master}`;
  const wrong = carried.filter((vlan) => vlan.vlanId !== vlanId);
  const first = [
    // Out of the wrong ones before all else: in two at once it would join them.
    ...wrong.map((vlan) =>
      bridge(`it carries VLAN ${vlan.vlanId}`, "vlan", "del", "dev", name, "vid", String(vlan.vlanId)),
    ),
    ...(link && mayGetIpv6(link) ? [withoutIpv6("the host's end speaks IPv6", name)] : []),
    ...(link && link.mtu !== spec.mtu
      ? [ip(`its MTU is ${link.mtu} instead of ${spec.mtu}`, "link", "set", "dev", name, "mtu", String(spec.mtu))]
      : []),
    ...(moved ? [ip(`it is ${where}`, "link", "set", "dev", name, "master", bridgeOf)] : []),
  ];
  const add = ["vlan", "add", "dev", name, "vid", String(vlanId), "pvid", "untagged"];
  return { first, last: filtering && !right ? [bridge(`it does not carry VLAN ${vlanId}`, ...add)] : [] };
}
