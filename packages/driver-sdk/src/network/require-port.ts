import { requireId } from "../require-id.ts";
import { malformed } from "./malformed.ts";
import type { AttachmentSpec, DetachSpec, Point, PortKey } from "./network-driver.ts";
import { requireAddress, requireIp, requireMac } from "./require-address.ts";
import { requireMtu, requireSegmentKey } from "./require-segment.ts";

/** The least MTU that IPv6 works with (RFC 8200). */
const leastIpv6Mtu = 1280;

/** A file name below /run/netns: iproute2 takes no other. */
const namespacePattern = /^[0-9A-Za-z][0-9A-Za-z._-]{0,254}$/;
/** `dev_valid_name` of the Linux kernel takes more, but `a%d` is a template there, and iproute2 takes short words for options. */
const interfacePattern = /^[0-9A-Za-z][0-9A-Za-z._-]{0,14}$/;
/** `all` and `default` are directories of the kernel's settings; `lo` is in each namespace already. */
const reservedInterfaces: ReadonlySet<string> = new Set(["all", "default", "lo"]);
/** `Ethernet1/10`, `port-channel2`, `swp3`. */
const switchportPattern = /^[A-Za-z][0-9A-Za-z./_-]{0,63}$/;

/**
 * Where a port is to be, checked; a copy without other fields. Whether the device has such points is the device's to say, by
 * `UNIMPLEMENTED`.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * requirePoint("point", { kind: "switchport", interface: "Ethernet1/10", tagging: "tagged" });
 * ```
 */
export function requirePoint(field: string, point: Point): Point {
  switch (point?.kind) {
    case "tap":
      return { kind: "tap" };
    case "netns": {
      const { namespace, interface: name } = point;
      if (namespace !== undefined && !matches(namespacePattern, namespace))
        throw malformed(`${field}.namespace`, "1 to 255 letters, digits, dots, dashes and underscores", namespace);
      if (name !== undefined && (!matches(interfacePattern, name) || reservedInterfaces.has(name)))
        throw malformed(`${field}.interface`, "an interface name such as eth0, at most 15 characters", name);
      return {
        kind: "netns",
        ...(namespace === undefined ? {} : { namespace }),
        ...(name === undefined ? {} : { interface: name }),
      };
    }
    case "switchport": {
      const { interface: name, tagging } = point;
      if (!matches(switchportPattern, name))
        throw malformed(`${field}.interface`, "the name of a switch's interface such as Ethernet1/10", name);
      if (tagging !== "tagged" && tagging !== "untagged")
        throw malformed(`${field}.tagging`, `"tagged" or "untagged"`, tagging);
      return { kind: "switchport", interface: name, tagging };
    }
    default:
      throw malformed(
        `${field}.kind`,
        `"netns", "tap" or "switchport"`,
        (point as { kind?: unknown } | undefined)?.kind,
      );
  }
}

/**
 * A port's id and generation, checked; a copy without other fields.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * const { portId, generation } = requirePortKey(input);
 * ```
 */
export function requirePortKey({ portId, generation }: PortKey): PortKey {
  if (!Number.isSafeInteger(generation) || generation < 0)
    throw malformed("generation", "a whole number from 0", generation);
  return { portId: requireId("portId", portId), generation };
}

/**
 * The input of `attach`, checked field by field; a copy without other fields, so that rows serve as input.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * const { portId, mac, addresses, point } = requireAttachmentSpec(input);
 * ```
 */
export function requireAttachmentSpec(spec: AttachmentSpec): AttachmentSpec {
  const checked = {
    ...requirePortKey(spec),
    ...requireSegmentKey(spec),
    mtu: requireMtu("mtu", spec.mtu),
    mac: requireMac("mac", spec.mac),
    addresses: requireList("addresses", spec.addresses, requireAddress),
    gateways: requireList("gateways", spec.gateways, requireIp),
    point: requirePoint("point", spec.point),
  };
  if (checked.mtu < leastIpv6Mtu && checked.addresses.some((address) => address.includes(":")))
    throw malformed("mtu", `at least ${leastIpv6Mtu} for a port with IPv6 addresses`, checked.mtu);
  return checked;
}

/**
 * The input of `detach`, checked field by field; a copy without other fields.
 *
 * @throws DriverError `INVALID_ARGUMENT` naming the field and the value
 * @example
 * ```ts
 * const { portId, point, last } = requireDetachSpec(input);
 * ```
 */
export function requireDetachSpec(spec: DetachSpec): DetachSpec {
  if (typeof spec.last !== "boolean") throw malformed("last", "true or false", spec.last);
  return {
    ...requirePortKey(spec),
    ...requireSegmentKey(spec),
    point: requirePoint("point", spec.point),
    last: spec.last,
  };
}

function requireList(
  field: string,
  values: readonly string[],
  require: (field: string, value: unknown) => string,
): string[] {
  if (!Array.isArray(values)) throw malformed(field, "a list", values);
  return values.map((value, index) => require(`${field}[${index}]`, value));
}

function matches(pattern: RegExp, value: unknown): value is string {
  return typeof value === "string" && pattern.test(value);
}
