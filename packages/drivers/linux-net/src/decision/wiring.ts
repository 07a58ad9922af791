import { hostname } from "node:os";
import { DriverError } from "@reeve/driver-sdk";
import { markOf, type Segment } from "@reeve/driver-sdk/network";
import type { LinuxNetOptions } from "../options.ts";

/** The VLAN that carries a flat network inside a bridge: frames of it have no tag on any wire. */
export const flatVlan = 1;
/** What VLAN networks may have, both ends included. */
export const usableVlans: readonly [number, number] = [2, 4094];

/** What is given before anything is read: the options, and what the kernel can do. */
export interface Wiring {
  readonly options: LinuxNetOptions;
  /** Whether the kernel's bridges tell VLANs apart (`CONFIG_BRIDGE_VLAN_FILTERING`). */
  readonly filtering: boolean;
}

/** @throws DriverError `NOT_FOUND` naming those that there are */
export function requirePhysicalNetwork({ options }: Wiring, name: string): { readonly uplink?: string | undefined } {
  const found = Object.hasOwn(options.physicalNetworks, name) ? options.physicalNetworks[name] : undefined;
  if (found) return found;
  const known = Object.keys(options.physicalNetworks).join(", ");
  throw new DriverError("NOT_FOUND", `physical network ${name}: the options name only ${known || "none"}`);
}

/** @throws DriverError `UNIMPLEMENTED` naming what the kernel lacks, `FAILED_PRECONDITION` for a VLAN that bridges use */
export function requireCarried({ filtering }: Wiring, segment: Segment): void {
  if (segment.kind === "flat") return;
  if (!filtering)
    throw new DriverError(
      "UNIMPLEMENTED",
      `VLAN ${segment.vlanId}: this kernel's bridges cannot tell VLANs apart; it lacks CONFIG_BRIDGE_VLAN_FILTERING`,
      { data: { ability: "vlans" } },
    );
  if (segment.vlanId === flatVlan)
    throw new DriverError(
      "FAILED_PRECONDITION",
      `VLAN ${flatVlan}: the bridge needs it for a flat network; take another`,
    );
}

/** The VLAN of a segment within its bridge. */
export function innerVlan(segment: Segment): number {
  return segment.kind === "flat" ? flatVlan : segment.vlanId;
}

export function sameSegment(one: Segment, other: Segment): boolean {
  return innerVlan(one) === innerVlan(other) && one.kind === other.kind;
}

export function segmentText(segment: Segment): string {
  return segment.kind === "flat" ? "the flat segment" : `VLAN ${segment.vlanId}`;
}

/**
 * A bridge's own MAC, given at creation: left alone it would follow its ports, and `MACAddressPolicy=persistent` of
 * systemd-udevd would give each host the same. Locally administered, and another one on each host.
 */
export function bridgeMac(name: string): string {
  return macOf("02", `${hostname()} ${name}`);
}

/** The host's end of a port: high, so that it never is a bridge's lowest, and not 0xfe, which libvirt's taps have. */
export function hostEndMac(name: string): string {
  return macOf("fa", `${hostname()} ${name}`);
}

function macOf(first: string, text: string): string {
  return [first, ...(markOf(text).slice(0, 10).match(/../g) ?? [])].join(":");
}
