import { createHash } from "node:crypto";
import type { AttachmentSpec, Segment } from "@reeve/driver-sdk/network";

/** What an interface's alias says of a network. */
export interface SegmentAlias {
  readonly networkId: string;
  readonly segment: Segment;
  readonly physicalNetwork: string;
}

/** What an interface's alias says of a port. */
export interface PortAlias extends SegmentAlias {
  readonly portId: string;
  readonly generation: number;
  /** In the namespace; `-` for a tap. */
  readonly interface: string;
  /** Of what the port is beside that: MAC and point. */
  readonly digest: string;
}

// The kernel keeps 255 bytes (IFALIASZ) and the longest of these is 253: letters stand for names.
const segmentPattern = /^reeve n(\S+) v(\d+) w(\S+)$/;
const portPattern = /^reeve p(\S+) n(\S+) g(\d+) v(\d+) w(\S+) i(\S+) h([0-9a-f]{8})$/;

/** Flat is VLAN 0 in an alias, which no VLAN is. */
const numberOf = (segment: Segment) => (segment.kind === "flat" ? 0 : segment.vlanId);
const segmentOf = (number: string): Segment =>
  number === "0" ? { kind: "flat" } : { kind: "vlan", vlanId: Number(number) };

export function formatSegmentAlias({ networkId, segment, physicalNetwork }: SegmentAlias): string {
  return `reeve n${networkId} v${numberOf(segment)} w${physicalNetwork}`;
}

/** Undefined when it is missing or somebody else's words. */
export function parseSegmentAlias(alias: string | undefined): SegmentAlias | undefined {
  const [, networkId, vlan, physicalNetwork] = segmentPattern.exec(alias ?? "") ?? [];
  if (!networkId || !vlan || !physicalNetwork) return undefined;
  return { networkId, segment: segmentOf(vlan), physicalNetwork };
}

export function formatPortAlias(port: PortAlias): string {
  const { portId, networkId, generation, segment, physicalNetwork, digest } = port;
  return `reeve p${portId} n${networkId} g${generation} v${numberOf(segment)} w${physicalNetwork} i${port.interface} h${digest}`;
}

/** Undefined when it is missing or somebody else's words. */
export function parsePortAlias(alias: string | undefined): PortAlias | undefined {
  const [, portId, networkId, generation, vlan, physicalNetwork, name, digest] = portPattern.exec(alias ?? "") ?? [];
  if (!portId || !networkId || !generation || !vlan || !physicalNetwork || !name || !digest) return undefined;
  const segment = segmentOf(vlan);
  return { portId, networkId, generation: Number(generation), segment, physicalNetwork, interface: name, digest };
}

/** What the alias of a port says when it is as asked. */
export function aliasOf(spec: AttachmentSpec): PortAlias {
  const { portId, generation, networkId, segment, physicalNetwork, mac, point } = spec;
  const place = point.kind === "netns" ? [point.namespace ?? "", interfaceOf(spec)] : [];
  const digest = createHash("sha256")
    .update(JSON.stringify([mac, point.kind, ...place]))
    .digest("hex")
    .slice(0, 8);
  return { portId, generation, networkId, segment, physicalNetwork, interface: interfaceOf(spec), digest };
}

/** The interface that a workload sees, `eth0` unless asked otherwise; `-` for a tap. */
export function interfaceOf({ point }: Pick<AttachmentSpec, "point">): string {
  return point.kind === "netns" ? (point.interface ?? "eth0") : "-";
}

/** Whether two aliases are of the same port in the same place; generations may differ. */
export function samePort(one: PortAlias, other: PortAlias): boolean {
  return formatPortAlias({ ...one, generation: 0 }) === formatPortAlias({ ...other, generation: 0 });
}
