import { expect, test } from "vitest";
import { formatPortAlias, formatSegmentAlias } from "../alias.ts";
import { HostView } from "../host/host-view.ts";
import { parseLinks } from "../host/link.ts";
import { bridgeName, portName, segmentName } from "../names.ts";
import { LinuxNetOptions } from "../options.ts";
import { foreignThings } from "./foreign-things.ts";

const options = LinuxNetOptions.parse({ physicalNetworks: { dc1: { uplink: "eth1" } } });

function foreign(...links: readonly object[]): string[] {
  const named = links.map((link, at) => ({ ifindex: at + 1, flags: [], mtu: 1500, group: "0", ...link }));
  const view = new HostView(parseLinks(named), undefined, new Map(), options.group);
  return foreignThings(options, view).map(({ what }) => what.slice("link ".length));
}

/** What a driver with another group, for another physical network, has made. */
const theirs = (physicalNetwork: string) => {
  const segment = { kind: "flat" } as const;
  const port = { portId: "p", networkId: "n", generation: 1, interface: "eth0", digest: "00000000" };
  return [
    { ifname: bridgeName(physicalNetwork), group: "7239" },
    {
      ifname: segmentName("n"),
      group: "7239",
      ifalias: formatSegmentAlias({ networkId: "n", segment, physicalNetwork }),
    },
    {
      ifname: portName("p"),
      group: "7239",
      master: bridgeName(physicalNetwork),
      ifalias: formatPortAlias({ ...port, segment, physicalNetwork }),
    },
  ];
};

test("another driver's things are foreign when they are of a physical network of ours, and else nobody's business", () => {
  expect(foreign(...theirs("dc2"))).toEqual([]);
  expect(foreign({ ifname: segmentName("half-made"), group: "7239" })).toEqual([]);
  const [bridge, segment, port] = theirs("dc1").map(({ ifname }) => ifname);
  expect(foreign(...theirs("dc1"))).toEqual([bridge, segment, port, port]);
});

test("what somebody made by hand under a name of ours is foreign, and so are members and uplinks that are used otherwise", () => {
  expect(foreign({ ifname: portName("p") }, { ifname: segmentName("n") })).toEqual([portName("p"), segmentName("n")]);
  expect(foreign({ ifname: "member", master: bridgeName("dc1") })).toEqual(["member"]);
  expect(foreign({ ifname: "eth1", master: "br0" })).toEqual(["eth1"]);
  expect(foreign({ ifname: "lo" }, { ifname: "eth1" }, { ifname: "rvp-other" })).toEqual([]);
});
