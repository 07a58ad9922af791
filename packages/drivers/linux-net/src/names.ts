import { markOf } from "@reeve/driver-sdk/network";

/** The longest name that the kernel gives an interface is 15 characters (`IFNAMSIZ`): three of ours, twelve of a mark. */
const ours = /^rv[bspt][0-9a-f]{12}$/;

/** The bridge that carries a physical network. */
export function bridgeName(physicalNetwork: string): string {
  return `rvb${markOf(physicalNetwork)}`;
}

/** The bridge without ports that says that a network is carried here. */
export function segmentName(networkId: string): string {
  return `rvs${markOf(networkId)}`;
}

/** The host's end of a port. */
export function portName(portId: string): string {
  return `rvp${markOf(portId)}`;
}

/** A tap device that has no group yet: no command makes a grouped one. */
export function stagedTapName(portId: string): string {
  return `rvt${markOf(portId)}`;
}

/** What a link of ours stands for. */
export type LinkKind = "bridge" | "segment" | "port" | "tap";

/** What a name of ours names, and the mark in it. */
export function parseLinkName(name: string): { kind: LinkKind; mark: string } | undefined {
  if (!ours.test(name)) return undefined;
  const kind = ({ b: "bridge", s: "segment", p: "port", t: "tap" } as const)[name[2] as "b" | "s" | "p" | "t"];
  return { kind, mark: name.slice(3) };
}

/** The namespace that is made for a port: its name is the only mark that a namespace can carry. */
export function namespaceName(group: number, portId: string): string {
  return `rv-${group}-${portId}`;
}

/** The port that a namespace was made for; undefined when it is none of ours. */
export function portIdOfNamespace(group: number, name: string): string | undefined {
  const prefix = namespaceName(group, "");
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}
