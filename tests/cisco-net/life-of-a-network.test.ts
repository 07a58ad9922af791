import { markOf } from "@reeve/driver-sdk/network";
import { expect, test } from "vitest";
import { at, port, SwitchUnderTest } from "./switch-under-test.ts";

test("a network is made, two ports join it on a trunk and on an access port, and all of it is undone", async () => {
  await using under = await SwitchUnderTest.open();
  await under.ensure("net-a", 100);
  const tagged = port("p1", "net-a", 100);
  const untagged = port("p2", "net-a", 100, at(2, "untagged"));
  expect(await under.attach(tagged)).toEqual({ kind: "switchport", interface: "Ethernet1/1", tagging: "tagged" });
  await under.attach(untagged);
  expect(under.section("vlan 100")).toEqual([`name rv-${markOf("net-a")}`]);
  expect(under.section("interface Ethernet1/1")).toEqual([
    "switchport",
    "switchport mode trunk",
    "switchport trunk allowed vlan 100",
  ]);
  expect(under.section("interface Ethernet1/2")).toEqual([
    "switchport",
    "switchport access vlan 100",
    "switchport trunk allowed vlan none",
  ]);
  const { segments, attachments, leftovers } = await under.list();
  expect(segments).toEqual([
    { mark: markOf("net-a"), segment: { kind: "vlan", vlanId: 100 }, physicalNetwork: "dc1", differs: [] },
  ]);
  expect(attachments.map(({ point }) => point)).toEqual([tagged.point, untagged.point]);
  expect(leftovers).toEqual([]);
  await expect(under.remove("net-a", 100)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  await under.detach(tagged);
  await under.detach(untagged);
  await under.remove("net-a", 100);
  expect(under.section("interface Ethernet1/2")).toEqual([
    "switchport",
    "switchport mode trunk",
    "switchport trunk allowed vlan none",
  ]);
  expect(await under.list()).toMatchObject({ segments: [], attachments: [] });
  expect(under.nexus.runningConfig()).not.toContain("rv-");
});
