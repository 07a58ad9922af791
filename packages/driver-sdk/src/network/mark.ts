import { createHash } from "node:crypto";

/**
 * How a device that holds short names only marks what belongs to a network or a port: twelve hexadecimal digits made from its
 * id. Never from what people call it, which may be any text (Neutron's VLAN names of more than 15 characters crashed its agent).
 *
 * @example
 * ```ts
 * const bridge = `rvb${markOf(networkId)}`; // 15 characters, as many as a Linux interface may have
 * ```
 */
export function markOf(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 12);
}
