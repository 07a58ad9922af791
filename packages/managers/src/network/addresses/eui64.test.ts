import { expect, it } from "vitest";
import { textOf } from "./address.ts";
import { blockOf } from "./block.ts";
import { eui64 } from "./eui64.ts";

// The example of RFC 2464, section 4, and OpenStack's first MAC.
it.each([
  ["34:56:78:9a:bc:de", "fd00:0:0:1::/64", "fd00::1:3656:78ff:fe9a:bcde"],
  ["fa:16:3e:00:00:01", "fd00::/64", "fd00::f816:3eff:fe00:1"],
])("makes of the MAC %s in %s the address %s", (mac, cidr, ip) => {
  expect(textOf({ version: 6, value: eui64(blockOf(cidr), mac) })).toBe(ip);
});
