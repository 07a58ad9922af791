import { DriverError } from "@reeve/driver-sdk";
import { lastVlan, parseVlans } from "./vlan-set.ts";

/** Never usable: VLAN 1 is everybody's, and no Nexus gives away the last two whatever its block of reserved ids is. */
const always = [1, 4093, 4094];

const line = /vlan reservation:\s*([\d,-]+)/gi;

/**
 * The ids that a switch keeps for itself, from the text of `show system vlan reserved`. A block that it will keep after its next
 * restart counts too: a network in it would end there.
 *
 * @throws DriverError `UNAVAILABLE` when the text names no block
 */
export function readReservedVlans(text: string): Set<number> {
  const lists = [...text.matchAll(line)].map((match) => parseVlans(match[1]!));
  if (lists.length === 0 || lists.includes(undefined))
    throw new DriverError(
      "UNAVAILABLE",
      `show system vlan reserved: expected ids, got ${JSON.stringify(text.slice(0, 200))}`,
    );
  return new Set([...always, ...lists.flatMap((ids) => [...ids!])].filter((id) => id <= lastVlan));
}
