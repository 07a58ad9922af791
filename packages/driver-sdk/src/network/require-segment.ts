import { requireId } from "../require-id.ts";
import { malformed } from "./malformed.ts";
import type { Segment, SegmentKey, SegmentSpec } from "./network-driver.ts";

/** The least that IPv4 works with (RFC 791). */
const leastMtu = 68;
const mostMtu = 65_535;
const mostVlanId = 4094;

/** Begins and ends as a word does, so that no shell, file name or option can be made of it. */
const physicalNetworkPattern = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * An MTU in bytes, 68 to 65535. Whether a device carries it is the device's to say, by `FAILED_PRECONDITION`.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * requireMtu("mtu", 1450);
 * ```
 */
export function requireMtu(field: string, mtu: unknown): number {
  if (typeof mtu === "number" && Number.isInteger(mtu) && mtu >= leastMtu && mtu <= mostMtu) return mtu;
  throw malformed(field, `a whole number of bytes from ${leastMtu} to ${mostMtu}`, mtu);
}

/**
 * A VLAN id, 1 to 4094 (IEEE 802.1Q, section 9.6). Whether a device may use it is the device's to say, by `FAILED_PRECONDITION`.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * requireVlanId("segment.vlanId", 100);
 * ```
 */
export function requireVlanId(field: string, vlanId: unknown): number {
  if (typeof vlanId === "number" && Number.isInteger(vlanId) && vlanId >= 1 && vlanId <= mostVlanId) return vlanId;
  throw malformed(field, `1 to ${mostVlanId}`, vlanId);
}

/**
 * What kind of segment it is, and which; a copy without other fields.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * requireSegment("segment", { kind: "vlan", vlanId: 100 });
 * ```
 */
export function requireSegment(field: string, segment: Segment): Segment {
  if (segment?.kind === "flat") return { kind: "flat" };
  if (segment?.kind === "vlan") return { kind: "vlan", vlanId: requireVlanId(`${field}.vlanId`, segment.vlanId) };
  throw malformed(`${field}.kind`, `"flat" or "vlan"`, (segment as { kind?: unknown } | undefined)?.kind);
}

/**
 * The input of `removeSegment`, checked field by field; a copy without other fields, so that rows serve as input.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * const { networkId, segment } = requireSegmentKey(input);
 * ```
 */
export function requireSegmentKey({ networkId, segment, physicalNetwork }: SegmentKey): SegmentKey {
  if (typeof physicalNetwork !== "string" || !physicalNetworkPattern.test(physicalNetwork))
    throw malformed("physicalNetwork", "a name such as dc1", physicalNetwork);
  return {
    networkId: requireId("networkId", networkId),
    segment: requireSegment("segment", segment),
    physicalNetwork,
  };
}

/**
 * The input of `ensureSegment`, checked field by field; a copy without other fields. Any text will do as a name.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * const { networkId, segment, mtu } = requireSegmentSpec(input);
 * ```
 */
export function requireSegmentSpec(spec: SegmentSpec): SegmentSpec {
  if (typeof spec.name !== "string") throw malformed("name", "text", spec.name);
  return { ...requireSegmentKey(spec), mtu: requireMtu("mtu", spec.mtu), name: spec.name };
}
