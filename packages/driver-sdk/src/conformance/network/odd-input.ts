import type { AttachmentSpec, SegmentSpec } from "../../network/index.ts";

/** No ids: what a shell, a file system or a command line would make something of. */
export const oddIds: readonly unknown[] = [
  "",
  ".",
  "../a",
  "a/b",
  "a b",
  "a.b",
  "-x",
  "a%d",
  "a\nb",
  "a;reboot",
  "$(reboot)",
  "ä",
  "x".repeat(65),
  7,
  undefined,
  null,
];

/** What no network and no port is marked with. */
export const oddMarks: readonly unknown[] = [
  ...oddIds.filter((id) => id !== undefined),
  "0123456789a",
  "0123456789abc",
  "0123456789AB",
  "0123456789ab\n",
];

/** Names: any text is one. */
export const oddNames: readonly string[] = [
  "",
  "x".repeat(255),
  "x".repeat(10_000),
  "a%d",
  "-x",
  "a\nno vlan 1\nb",
  "a;reboot",
  "a ; no vlan 1",
  "$(reboot)`reboot`",
  "a\"b'c\\d?",
  "\u0000\u001b[2J",
  "🧵 réseau",
];

const named = (name: unknown) => ({ kind: "netns", namespace: name }) as AttachmentSpec["point"];
const inside = (name: unknown) => ({ kind: "netns", interface: name }) as AttachmentSpec["point"];
const switched = (name: unknown) =>
  ({ kind: "switchport", interface: name, tagging: "tagged" }) as AttachmentSpec["point"];

/** What an attachment cannot be asked for with. */
export const oddAttachments: readonly Partial<Record<keyof AttachmentSpec, unknown>>[] = [
  ...["", "fa:16:3e:00:00", "FA:16:3E:00:00:01", "fa-16-3e-00-00-01", "01:00:5e:00:00:01", "00:00:00:00:00:00", 7].map(
    (mac) => ({ mac }),
  ),
  ...["10.0.0.1", "10.0.0.256/24", "010.0.0.1/24", "10.0.0.1/33", "10.0.0.1/0", "fd00::1/129", "fe80::1%eth0/64"].map(
    (address) => ({ addresses: [address] }),
  ),
  ...["10.0.0.1/024", "::ffff:10.0.0.1/96", "10.0.0.1/24 dev lo", "", 7].map((address) => ({ addresses: [address] })),
  { addresses: "10.0.0.1/24" },
  ...["10.0.0.1/24", "gateway", ""].map((gateway) => ({ gateways: [gateway] })),
  ...[0, 67, 65_536, -1, 1500.5, "1500", Number.NaN, undefined].map((mtu) => ({ mtu })),
  ...[-1, 1.5, "1", undefined].map((generation) => ({ generation })),
  ...["", "..", "a/b", "-x", "a b", "a\nb", "x".repeat(256), 7].map((name) => ({ point: named(name) })),
  ...["", "a%d", "a b", "a/b", "-x", "x".repeat(16), "all", "a:b"].map((name) => ({ point: inside(name) })),
  ...["", "-x", "Ethernet1/1\nno vlan 1", "Ethernet1/1 ; reload", "x".repeat(65)].map((name) => ({
    point: switched(name),
  })),
  { point: { kind: "somewhere" } },
  { point: undefined },
];

/** What a segment cannot be asked for with. */
export const oddSegments: readonly Partial<Record<keyof SegmentSpec, unknown>>[] = [
  ...[0, 4095, 4096, -1, 1.5, "100", Number.NaN, undefined].map((vlanId) => ({ segment: { kind: "vlan", vlanId } })),
  { segment: { kind: "vxlan", vlanId: 100 } },
  { segment: undefined },
  ...[0, 67, 65_536, -1, 1500.5, "1500", Number.NaN, undefined].map((mtu) => ({ mtu })),
  ...[7, undefined, null].map((name) => ({ name })),
  ...["", "a b", "-x", "a\nb", 7].map((physicalNetwork) => ({ physicalNetwork })),
];
