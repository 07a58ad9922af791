import type { Range } from "./range.ts";

const universal = 0x02n << 56n;

/**
 * The address that an interface with this MAC makes itself in a /64 (RFC 4291, appendix A): `ff:fe` in the middle of the MAC, and
 * the bit that says that it is unique in the world turned over.
 */
export function eui64(block: Range, mac: string): bigint {
  const digits = mac.replaceAll(":", "");
  return block.first | (BigInt(`0x${digits.slice(0, 6)}fffe${digits.slice(6)}`) ^ universal);
}
