import { isIP } from "node:net";
import { Address4, Address6 } from "ip-address";

/** An IP address as the number that it is. */
export interface Address {
  readonly version: 4 | 6;
  readonly value: bigint;
}

/** Why a text or a setting is refused: what was expected, and what was given. */
export interface Refusal {
  readonly why: string;
}

/** IPv4 addresses in IPv6 clothes (RFC 4291, 2.5.5.2): the same address in a second form would be two rows. */
const mapped = 0xffffn << 32n;
const groups = 32n;

/**
 * Reads an address strictly: four decimal octets without leading zeros, or IPv6 in any of its forms, but neither with a zone nor
 * with an IPv4 address mapped into it.
 */
export function readAddress(text: string): Address | Refusal {
  if (text.includes("%")) return { why: `expected an address without a zone, got ${shown(text)}` };
  const version = isIP(text);
  if (version === 4) return { version, value: new Address4(text).bigInt() };
  if (version !== 6) return { why: `expected an address such as 10.0.0.7 or fd00::7, got ${shown(text)}` };
  const value = new Address6(text).bigInt();
  if (value >> groups === mapped >> groups)
    return { why: `expected the IPv4 address itself, got ${shown(text)}, which maps it into IPv6` };
  return { version, value };
}

/** The address of a text that {@link readAddress} takes: what a schema has checked, or a row keeps. */
export function addressOf(text: string): Address {
  const read = readAddress(text);
  if ("why" in read) throw new TypeError(read.why);
  return read;
}

/** Its canonical text: RFC 5952 for IPv6. */
export function textOf({ version, value }: Address): string {
  return version === 4 ? Address4.fromBigInt(value).correctForm() : Address6.fromBigInt(value).correctForm();
}

/** 32 hexadecimal digits, IPv4 mapped into IPv6: text that sorts as the numbers do. */
export function hexOf({ version, value }: Address): string {
  return (version === 4 ? mapped | value : value).toString(16).padStart(32, "0");
}

/** How a refusal shows what was given. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
