import { isIP } from "node:net";
import { DriverError } from "../driver-error.ts";
import { requireId } from "../require-id.ts";
import type { Segment, SegmentKey, SegmentSpec } from "./network-driver.ts";

/** The least that IPv4 works with (RFC 791), and the least for IPv6 (RFC 8200). */
const leastMtu = 68;
const mostMtu = 65_535;
const mostVlanId = 4094;

/** Begins and ends as a word does, so that no shell, file name or option can be made of it. */
const physicalNetworkPattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const macPattern = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const prefixPattern = /^[1-9][0-9]{0,2}$/;

/** A refusal of malformed input: `INVALID_ARGUMENT` naming the field, what was expected and what was given. */
export function malformed(field: string, expected: string, given: unknown): DriverError {
  const shown = typeof given === "string" ? JSON.stringify(given.slice(0, 80)) : String(given);
  return new DriverError("INVALID_ARGUMENT", `${field}: expected ${expected}, got ${shown}`);
}

/**
 * A MAC of one interface, lower-case with colons. Group addresses and `00:00:00:00:00:00` are refused (IEEE 802, section 8.2).
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * requireMac("mac", "fa:16:3e:00:00:07");
 * ```
 */
export function requireMac(field: string, mac: unknown): string {
  if (typeof mac === "string" && macPattern.test(mac) && mac !== "00:00:00:00:00:00") {
    if ((Number.parseInt(mac.slice(0, 2), 16) & 1) === 0) return mac;
  }
  throw malformed(field, "the MAC of one interface such as fa:16:3e:00:00:07", mac);
}

/**
 * An address as `net.isIP` knows it, without a zone, and no IPv4 address in IPv6 dress.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * requireIp("gateways[0]", "10.0.0.1");
 * ```
 */
export function requireIp(field: string, ip: unknown): string {
  if (typeof ip === "string" && isIP(ip) !== 0 && !ip.includes("%") && !/^::ffff:[0-9.]+$/i.test(ip)) return ip;
  throw malformed(field, "an address such as 10.0.0.7 or fd00::7", ip);
}

/**
 * An address with its prefix length, 1 to 32 or 1 to 128.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * requireAddress("addresses[0]", "10.0.0.7/24");
 * ```
 */
export function requireAddress(field: string, address: unknown): string {
  if (typeof address === "string") {
    const [ip = "", prefix = "", ...more] = address.split("/");
    const bits = isIP(ip) === 4 ? 32 : 128;
    if (more.length === 0 && prefixPattern.test(prefix) && Number(prefix) <= bits) {
      requireIp(field, ip);
      return address;
    }
  }
  throw malformed(field, "an address with its prefix length such as 10.0.0.7/24 or fd00::7/64", address);
}

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
