import fc from "fast-check";
import { expect, test } from "vitest";
import { readInterfaceTable } from "./interface-config.ts";
import { vlanLists } from "./vlan-set.ts";

const header = [
  "",
  "!Command: show running-config interface",
  "!Running configuration last done at: Sun Nov 29 13:00:00 2026",
  "!Time: Sun Nov 29 13:00:01 2026",
  "",
  "version 9.3(8) Bios:version 07.69",
  "",
];
const read = (...lines: readonly string[]) => readInterfaceTable([...header, ...lines, ""].join("\n"));
const one = (...lines: readonly string[]) =>
  read("interface Ethernet1/1", ...lines.map((line) => `  ${line}`)).get("Ethernet1/1")!;

test("an interface that says nothing lets all through and is nobody's", () => {
  expect(one()).toEqual({
    name: "Ethernet1/1",
    layer: "default",
    mode: "access",
    accessVlan: 1,
    nativeVlan: 1,
    allowed: "all",
    shutdown: false,
    channelGroup: undefined,
    otherLines: [],
  });
});

test("each interface has the lines below it, whatever stands around them", () => {
  const table = read(
    "interface port-channel20",
    "  switchport mode trunk",
    "interface Ethernet1/1",
    "  description interface Ethernet1/9",
    "  no switchport",
    "  ip address 10.0.0.1/24",
    "  no shutdown",
    "",
    "interface Ethernet1/2",
    "  switchport access vlan 20",
    "  shutdown",
    "  channel-group 20 mode active",
    "vlan 5",
    "  name voice",
    "interface mgmt0",
  );
  expect([...table.keys()]).toEqual(["port-channel20", "Ethernet1/1", "Ethernet1/2", "mgmt0"]);
  expect(table.get("port-channel20")).toMatchObject({ layer: "switched", mode: "trunk", allowed: "all" });
  expect(table.get("Ethernet1/1")).toMatchObject({
    layer: "routed",
    otherLines: ["description interface Ethernet1/9", "ip address 10.0.0.1/24"],
  });
  expect(table.get("Ethernet1/2")).toMatchObject({ accessVlan: 20, shutdown: true, channelGroup: 20, otherLines: [] });
});

test.each([
  [["switchport trunk allowed vlan none"], []],
  [["switchport trunk allowed vlan 5-7,9"], [5, 6, 7, 9]],
  [
    [
      "switchport trunk allowed vlan 5",
      "switchport trunk allowed vlan add 7",
      "switchport trunk allowed vlan add 9-10",
    ],
    [5, 7, 9, 10],
  ],
  [
    ["switchport trunk allowed vlan 5,", "7,9"],
    [5, 7, 9],
  ],
  [["switchport trunk allowed vlan none", "switchport trunk allowed vlan add 7"], [7]],
])("a list over one or more lines is one: %j", (lines, ids) => {
  expect(one("switchport mode trunk", ...lines).allowed).toEqual(new Set(ids));
});

test("a list that a terminal has wrapped to the margin is one", () => {
  const table = read(
    "interface Ethernet1/1",
    "  switchport trunk allowed vlan 5,7,",
    "9-10",
    "  switchport mode trunk",
  );
  expect(table.get("Ethernet1/1")).toMatchObject({ mode: "trunk", allowed: new Set([5, 7, 9, 10]) });
});

test("a list of all ids lets all through; one that cannot be read is a line that is not ours", () => {
  expect(one("switchport trunk allowed vlan 1-4094").allowed).toBe("all");
  expect(one("switchport trunk allowed vlan except 5")).toMatchObject({
    otherLines: ["switchport trunk allowed vlan except 5"],
  });
  expect(one("switchport mode dot1q-tunnel")).toMatchObject({
    mode: "other",
    otherLines: ["switchport mode dot1q-tunnel"],
  });
});

test("any list is read as it was written, however it is split", () => {
  const vlanIds = fc.uniqueArray(fc.integer({ min: 1, max: 4094 }), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(vlanIds, fc.integer({ min: 9, max: 100 }), (ids, longest) => {
      const lines = vlanLists(ids, longest).map(
        (list, index) => `switchport trunk allowed vlan ${index === 0 ? "" : "add "}${list}`,
      );
      expect(one("switchport mode trunk", ...lines).allowed).toEqual(new Set(ids));
    }),
  );
});
