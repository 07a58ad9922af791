import { BlockList, isIP } from "node:net";
import { malformed } from "./malformed.ts";

const macPattern = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
/** IPv4 addresses mapped into IPv6 (RFC 4291, section 2.5.5.2), however they are spelt. */
const mappedIpv4 = new BlockList();
mappedIpv4.addSubnet("::ffff:0:0", 96, "ipv6");
const prefixPattern = /^[1-9][0-9]{0,2}$/;

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
  if (typeof ip === "string" && !ip.includes("%")) {
    const version = isIP(ip);
    if (version === 4 || (version === 6 && !mappedIpv4.check(ip, "ipv6"))) return ip;
  }
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
