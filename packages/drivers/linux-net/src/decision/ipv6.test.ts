import { expect, test } from "vitest";
import { mayGetIpv6 } from "./ipv6.ts";

test("a link that is down is kept from IPv6 before it comes up, and one that has an address loses it", () => {
  const ipv6 = [{ address: "fe80::1", prefixLength: 64 }] as never;
  expect(mayGetIpv6({ up: false, addresses: [] })).toBe(true);
  expect(mayGetIpv6({ up: true, addresses: ipv6 })).toBe(true);
  expect(mayGetIpv6({ up: true, addresses: [] })).toBe(false);
});
