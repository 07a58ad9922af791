import { Address4, Address6 } from "ip-address";
import { type Address, type Refusal, readAddress, shown, textOf } from "./address.ts";
import { overlap, type Range } from "./range.ts";

/** A block of addresses: what a CIDR says. */
export interface Block extends Range {
  readonly version: 4 | 6;
  readonly prefix: number;
}

/** Blocks of which no host has an address that others could use, and what they are. (RFC 6890 and RFC 4291.) */
const unusable: readonly (readonly [cidr: string, what: string])[] = [
  ["0.0.0.0/8", "addresses of this network itself"],
  ["127.0.0.0/8", "loopback addresses"],
  ["224.0.0.0/4", "multicast addresses"],
  ["240.0.0.0/4", "reserved addresses"],
  ["::/127", "the unspecified and the loopback address"],
  ["::ffff:0:0/96", "IPv4 addresses mapped into IPv6"],
  ["fe80::/10", "link-local addresses, which each interface has of its own"],
  ["ff00::/8", "multicast addresses"],
];

/** Reads a CIDR strictly: its address is the first of the block, and a host can have an address of it. */
export function readBlock(text: string): Block | Refusal {
  const [, ip = "", digits = ""] = /^(.*)\/(\d{1,3})$/s.exec(text) ?? [];
  if (ip === "") return { why: `expected an address and a prefix length, such as 10.0.0.0/24, got ${shown(text)}` };
  const address = readAddress(ip);
  if ("why" in address) return address;
  const { version } = address;
  const prefix = Number(digits);
  const longest = version === 4 ? 32 : 128;
  if (prefix < 1 || prefix > longest || digits !== String(prefix))
    return { why: `expected a prefix length from 1 to ${longest}, got ${digits}` };
  const block = blockAround(address, prefix);
  if (address.value !== block.first)
    return { why: `expected the first address of the block, ${cidrOf(block)}, got ${shown(text)}` };
  for (const [cidr, what] of unusable) {
    if (cidr.includes(":") === (version === 6) && overlap(block, rangeOf(cidr, version)))
      return { why: `expected a block without ${cidr} (${what}), got ${shown(text)}` };
  }
  return block;
}

/** The block of a text that {@link readBlock} takes: what a row keeps. */
export function blockOf(cidr: string): Block {
  const read = readBlock(cidr);
  if ("why" in read) throw new TypeError(read.why);
  return read;
}

/** Its canonical text. */
export function cidrOf({ version, first, prefix }: Block): string {
  return `${textOf({ version, value: first })}/${prefix}`;
}

/**
 * What hosts can have of it. Not the network's own address nor the broadcast address, where IPv4 has them: a /31 is two hosts
 * (RFC 3021). Not an IPv6 subnet's first address, which any router answers for (RFC 4291, 2.6.1), but in a /127 (RFC 6164).
 */
export function hostsOf({ version, prefix, first, last }: Block): Range {
  if (version === 4) return prefix >= 31 ? { first, last } : { first: first + 1n, last: last - 1n };
  return prefix >= 127 ? { first, last } : { first: first + 1n, last };
}

function blockAround(address: Address, prefix: number): Block {
  return { ...rangeOf(`${textOf(address)}/${prefix}`, address.version), version: address.version, prefix };
}

function rangeOf(cidr: string, version: 4 | 6): Range {
  const block = version === 4 ? new Address4(cidr) : new Address6(cidr);
  return { first: block.startAddress().bigInt(), last: block.endAddress().bigInt() };
}
