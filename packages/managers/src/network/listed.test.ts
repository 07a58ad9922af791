import { type ListedAttachment, markOf, type NetworkInventory } from "@reeve/driver-sdk/network";
import { expect, test } from "vitest";
import { Listed } from "./listed.ts";

const vlan = (vlanId: number) => ({ kind: "vlan", vlanId }) as const;
const point = { kind: "switchport", interface: "Ethernet1/7", tagging: "tagged" } as const;
const spec = {
  portId: "p1",
  generation: 3,
  networkId: "n1",
  segment: vlan(100),
  physicalNetwork: "dc1",
  mtu: 1500,
  mac: "fa:16:3e:00:00:07",
  addresses: ["10.0.0.7/24", "fd00::7/64"],
  gateways: [],
  point,
};
const { networkId, segment, physicalNetwork, mtu } = spec;
const carried = { mark: markOf("n1"), segment, physicalNetwork, mtu, differs: [] };
const attached: ListedAttachment = {
  mark: markOf("p1"),
  generation: 3,
  segment,
  physicalNetwork,
  point,
  mac: spec.mac,
  mtu,
  addresses: ["fd00::7/64", "10.0.0.7/24"],
  differs: [],
};

function listed(changes: Partial<NetworkInventory> = {}): Listed {
  const whole = { incarnation: "1", segments: [carried], attachments: [attached], leftovers: [], foreign: [] };
  return new Listed({ ...whole, ...changes });
}

test("what is as it should be does not differ, in whatever order its addresses are told", () => {
  expect(listed().differencesOf(spec)).toEqual([]);
  expect(listed().segmentDifferencesOf({ networkId, segment, physicalNetwork, mtu, name: "blue" })).toEqual([]);
});

test.for([
  [{ generation: 2 }, "its generation is 2 instead of 3"],
  [{ mac: "fa:16:3e:00:00:08" }, "its MAC is fa:16:3e:00:00:08 instead of fa:16:3e:00:00:07"],
  [{ mtu: 1400 }, "its MTU is 1400 instead of 1500"],
  [{ addresses: [] }, "its addresses is none instead of 10.0.0.7/24, fd00::7/64"],
  [{ segment: vlan(101) }, "its segment is vlan 101 of dc1 instead of vlan 100 of dc1"],
  [{ physicalNetwork: "dc2" }, "its segment is vlan 100 of dc2 instead of vlan 100 of dc1"],
  [{ point: { ...point, interface: "Ethernet1/8" } }, "it is at another point"],
  [{ differs: ["it is shut down"] }, "it is shut down"],
] as const)("a port that differs is said to: %o", ([change, words]) => {
  expect(listed({ attachments: [{ ...attached, ...change }] }).differencesOf(spec)).toEqual([words]);
});

test("what a device does not keep is not compared, and its namespace is the driver's to name", () => {
  const { mark, generation: _g, mac: _m, mtu: _t, addresses: _a, ...bare } = attached;
  expect(listed({ attachments: [{ mark, ...bare }] }).differencesOf(spec)).toEqual([]);
  const inside = { ...attached, point: { kind: "netns", namespace: "rv-p1", interface: "eth0" } as const };
  expect(listed({ attachments: [inside] }).differencesOf({ ...spec, point: { kind: "netns" } })).toEqual([]);
});

test("a port is found by its mark, by its id, or by where it is when nothing else is kept", () => {
  const { mark: _, ...unmarked } = attached;
  expect(listed({ attachments: [{ ...unmarked, portId: "p1" }] }).attachmentsOf(spec)).toHaveLength(1);
  expect(listed({ attachments: [unmarked] }).attachmentsOf(spec)).toHaveLength(1);
  const elsewhere = { ...unmarked, point: { ...point, interface: "Ethernet1/8" } };
  expect(listed({ attachments: [elsewhere] }).differencesOf(spec)).toEqual(["it is missing"]);
  // With another mark it is another port.
  expect(listed({ attachments: [{ ...attached, mark: markOf("p2") }] }).differencesOf(spec)).toEqual(["it is missing"]);
});

test("what is half made, missing or of another MTU is to be asked for again", () => {
  const half = { leftovers: [{ kind: "port", mark: markOf("p1"), what: "a plug" }] } as const;
  expect(listed(half).differencesOf(spec)).toEqual(["it is half made"]);
  const wish = { networkId, segment, physicalNetwork, mtu: 9000, name: "blue" };
  expect(listed().segmentDifferencesOf(wish)).toEqual(["its MTU is 1500 instead of 9000"]);
  expect(listed({ segments: [] }).segmentDifferencesOf(wish)).toEqual(["it is missing"]);
  const leftover = { leftovers: [{ kind: "segment", mark: markOf("n1"), what: "a line" }] } as const;
  expect(listed(leftover).segmentDifferencesOf(wish)).toEqual(["it is half made"]);
});
