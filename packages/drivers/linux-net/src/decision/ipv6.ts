import type { Link } from "../host/link.ts";

/**
 * Whether a link of ours has an IPv6 address or may be given one: the kernel gives it when the link comes up, so one that is
 * down tells nothing. Ours are kept from it before they are brought up, and what was interrupted before that is down.
 */
export function mayGetIpv6({ up, addresses }: Pick<Link, "up" | "addresses">): boolean {
  return !up || addresses.some(({ address }) => address.includes(":"));
}
