import { expect, test } from "vitest";
import { DriverError } from "../driver-error.ts";
import type { AttachmentSpec, Segment, SegmentSpec } from "./network-driver.ts";
import { requireAddress, requireIp, requireMac } from "./require-address.ts";
import { requireDiscarded } from "./require-discarded.ts";
import { requireAttachmentSpec, requireDetachSpec, requirePoint, requirePortKey } from "./require-port.ts";
import { requireMtu, requireSegment, requireSegmentSpec, requireVlanId } from "./require-segment.ts";

const network: SegmentSpec = {
  networkId: "net",
  segment: { kind: "vlan", vlanId: 100 },
  physicalNetwork: "dc1",
  mtu: 1500,
  name: "any\ntext",
};
const port: AttachmentSpec = {
  portId: "port",
  generation: 1,
  networkId: "net",
  segment: { kind: "flat" },
  physicalNetwork: "dc1",
  mtu: 1500,
  mac: "fa:16:3e:00:00:01",
  addresses: ["10.0.0.7/24", "fd00::7/64"],
  gateways: ["10.0.0.1", "fd00::1"],
  point: { kind: "netns", namespace: "a.b", interface: "eth0" },
};

test("what is well formed comes back, without other fields", () => {
  expect(requireSegmentSpec({ ...network, tenant: "a" } as SegmentSpec)).toEqual(network);
  expect(requireAttachmentSpec({ ...port, name: "a" } as AttachmentSpec)).toEqual(port);
  expect(requirePoint("point", { kind: "tap", device: "x" } as never)).toEqual({ kind: "tap" });
  const marked = { kind: "segment", mark: "0123456789ab" } as const;
  expect(requireDiscarded({ ...marked, what: "a bridge" } as never)).toEqual(marked);
  const placed = { kind: "port", segment: port.segment, physicalNetwork: "dc1", point: { kind: "tap" } } as const;
  expect(requireDiscarded({ ...placed, differs: [] } as never)).toEqual(placed);
  const { mtu, mac, addresses, gateways, ...key } = port;
  expect(requireDetachSpec({ ...key, last: true })).toEqual({ ...key, last: true });
  for (const address of ["10.0.0.7/32", "0.0.0.0/1", "fd00::7/128", "FD00::7/64"])
    expect(requireAddress("address", address)).toBe(address);
  for (const mtu of [68, 1500, 65_535]) expect(requireMtu("mtu", mtu)).toBe(mtu);
  for (const vlanId of [1, 4094]) expect(requireVlanId("vlanId", vlanId)).toBe(vlanId);
});

test.each<[field: string, refused: () => unknown]>([
  ["mac", () => requireMac("mac", "01:00:5e:00:00:01")],
  ["mac", () => requireMac("mac", "ff:ff:ff:ff:ff:ff")],
  ["mac", () => requireMac("mac", "FA:16:3E:00:00:01")],
  ["mac", () => requireMac("mac", "fa:16:3e:00:00:01\n")],
  ["ip", () => requireIp("ip", "fe80::1%eth0")],
  ["ip", () => requireIp("ip", "::FFFF:10.0.0.1")],
  ["ip", () => requireIp("ip", "::ffff:a00:1")],
  ["ip", () => requireIp("ip", "0:0:0:0:0:ffff:10.0.0.1")],
  ["ip", () => requireIp("ip", "010.0.0.1")],
  ["address", () => requireAddress("address", "10.0.0.1/33")],
  ["address", () => requireAddress("address", "10.0.0.1/0")],
  ["address", () => requireAddress("address", "10.0.0.1/024")],
  ["address", () => requireAddress("address", "fd00::1/64/64")],
  ["address", () => requireAddress("address", "/24")],
  ["mtu", () => requireMtu("mtu", 67)],
  ["mtu", () => requireMtu("mtu", "1500")],
  ["vlanId", () => requireVlanId("vlanId", 4095)],
  ["segment.vlanId", () => requireSegment("segment", { kind: "vlan", vlanId: 0 })],
  ["segment.kind", () => requireSegment("segment", null as unknown as Segment)],
  ["physicalNetwork", () => requireSegmentSpec({ ...network, physicalNetwork: "a b" })],
  ["networkId", () => requireSegmentSpec({ ...network, networkId: "../a" })],
  ["name", () => requireSegmentSpec({ ...network, name: 7 as unknown as string })],
  ["generation", () => requirePortKey({ portId: "a", generation: 2 ** 53 })],
  ["portId", () => requirePortKey({ portId: "", generation: 1 })],
  ["gateways[1]", () => requireAttachmentSpec({ ...port, gateways: ["10.0.0.1", "x"] })],
  ["addresses", () => requireAttachmentSpec({ ...port, addresses: undefined as unknown as string[] })],
  ["mtu: expected at least 1280", () => requireAttachmentSpec({ ...port, mtu: 1279 })],
  ["point.namespace", () => requirePoint("point", { kind: "netns", namespace: "../root" })],
  ["point.interface", () => requirePoint("point", { kind: "netns", interface: "a%d" })],
  ["point.interface", () => requirePoint("point", { kind: "netns", interface: "all" })],
  ["point.interface", () => requirePoint("point", { kind: "netns", interface: "lo" })],
  ["point.interface", () => requirePoint("point", { kind: "switchport", interface: "e1\nx", tagging: "tagged" })],
  ["point.tagging", () => requirePoint("point", { kind: "switchport", interface: "e1", tagging: "both" as "tagged" })],
  ["point.kind", () => requirePoint("point", undefined as never)],
  ["kind", () => requireDiscarded({ kind: "bridge", mark: "0123456789ab" } as never)],
  ["mark", () => requireDiscarded({ kind: "port", mark: "rv" })],
  ["mark", () => requireDiscarded({ kind: "port", mark: null } as never)],
  ["mark", () => requireDiscarded({ kind: "segment" } as never)],
  ["segment.kind", () => requireDiscarded({ kind: "port", physicalNetwork: "dc1", point: { kind: "tap" } } as never)],
  ["last", () => requireDetachSpec({ ...port, last: undefined as unknown as boolean })],
])("%s is named when it is refused (%#)", (field, refused) => {
  const error = thrownBy(refused);
  expect(error).toBeInstanceOf(DriverError);
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining(field) });
  expect((error as Error).message.indexOf(field)).toBe(0);
});

test("an MTU below what IPv6 needs is enough for a port with IPv4 addresses only", () => {
  expect(requireAttachmentSpec({ ...port, mtu: 576, addresses: ["10.0.0.7/24"] }).mtu).toBe(576);
});

function thrownBy(refused: () => unknown): unknown {
  try {
    return refused();
  } catch (error) {
    return error;
  }
}
