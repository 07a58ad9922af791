import { expect, test } from "vitest";
import { linuxNet } from "./linux-net.ts";

test.each([
  ["dc1", "eth1 up"],
  ["dc1", "-x"],
  ["dc1", "a%d"],
  ["dc1", "eth1;reboot"],
  ["dc1", "abcdefghijklmnop"],
  ["DC 1", "eth1"],
  ["-x", "eth1"],
])("physical network %j with uplink %j is refused by name", (name, uplink) => {
  expect(() => linuxNet({ physicalNetworks: { [name]: { uplink } } })).toThrow(/physicalNetworks/);
});

test("an uplink leads to one physical network, and taps belong to a user", () => {
  const uplink = "eth1";
  expect(() => linuxNet({ physicalNetworks: { dc1: { uplink }, dc2: { uplink } } })).toThrow(/one physical network/);
  expect(() => linuxNet({ physicalNetworks: {}, tapUser: "root; reboot" })).toThrow(/tapUser/);
  expect(() => linuxNet({ physicalNetworks: {}, group: 0 })).toThrow(/group/);
});
