import type { Point, Segment } from "@reeve/driver-sdk/network";

/** A network on the panel. */
export interface Line {
  /** Its name on the panel; of no two lines the same. */
  readonly label: string;
  /** Whose it is, as a number that every thing is made with. */
  readonly group: number;
  readonly mtu: number;
  /** What is written on it. */
  readonly note?: { readonly networkId: string; readonly name: string } | undefined;
}

/** A port on the panel. */
export interface Plug {
  readonly group: number;
  readonly socket: string;
  readonly mac: string;
  readonly mtu: number;
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  /** What is written on it; `line` is where it belongs. */
  readonly note?: { readonly portId: string; readonly generation: number; readonly line: string } | undefined;
  /** The only sources that are let out; absent: any. */
  readonly guard?: { readonly mac: string; readonly addresses: readonly string[] } | undefined;
}

/** A line that a socket carries. */
export interface GroupMember {
  readonly tagging: "untagged" | "tagged";
  /** The label of the plug that it was made for, or a foreign name. */
  readonly by: string;
  readonly group: number;
}

/** A place where plugs are. Switch ports are always there; all others come and go with their plug. */
export type Socket = Readonly<Record<string, GroupMember>>;

/** What the panel loses at a restart, unless it was saved. */
export interface PanelConfiguration {
  /** By {@link lineKey}. */
  readonly lines: Readonly<Record<string, Line>>;
  /** By label. */
  readonly plugs: Readonly<Record<string, Plug>>;
  readonly sockets: Readonly<Record<string, Socket>>;
  /** Whose each is, by name. */
  readonly namespaces: Readonly<Record<string, number>>;
}

export interface PanelState extends PanelConfiguration {
  /** How often it has been started. */
  readonly boot: number;
  readonly startup: PanelConfiguration;
  readonly reachable: boolean;
}

/** The name of a segment's line: VLAN 0 is what is untagged. */
export function lineKey(physicalNetwork: string, segment: Segment): string {
  return `${physicalNetwork}/${segment.kind === "flat" ? 0 : segment.vlanId}`;
}

export function segmentOf(key: string): { readonly physicalNetwork: string; readonly segment: Segment } {
  const at = key.lastIndexOf("/");
  const vlanId = Number(key.slice(at + 1));
  return {
    physicalNetwork: key.slice(0, at),
    segment: vlanId === 0 ? { kind: "flat" } : { kind: "vlan", vlanId },
  };
}

/** The name of the socket of a point; `label` is that of the plug. */
export function socketOf(point: Point, label: string, portId: string): string {
  if (point.kind === "tap") return `tap ${label}`;
  if (point.kind === "switchport") return `switchport ${point.interface}`;
  return `netns ${point.namespace ?? ownNamespace(portId)} ${point.interface ?? "eth0"}`;
}

/** The namespace that is made for a port. */
export function ownNamespace(portId: string): string {
  return `rv-${portId}`;
}

/** The point that a socket is, with the namespace named; `tagging` is that of the member that counts. */
export function pointOf(socket: string, tagging: GroupMember["tagging"]): Point {
  const [kind, first = "", second = ""] = socket.split(" ");
  if (kind === "tap") return { kind: "tap" };
  if (kind === "switchport") return { kind: "switchport", interface: first, tagging };
  return { kind: "netns", namespace: first, interface: second };
}
