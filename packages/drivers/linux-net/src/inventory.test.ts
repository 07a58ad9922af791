import { expect, test, vi } from "vitest";
import { formatSegmentAlias } from "./alias.ts";
import { Device } from "./device.ts";
import { ended, FakeMachine, never } from "./fake-machine.fixture.ts";
import { HostView } from "./host/host-view.ts";
import { inventory } from "./inventory.ts";
import { bridgeName, segmentName } from "./names.ts";
import { LinuxNetOptions } from "./options.ts";

const options = LinuxNetOptions.parse({ physicalNetworks: { dc1: {} } });

function host(networks: number): Device {
  const names = Array.from({ length: networks }, (_, n) => `network-${n}`);
  const links = [
    { ifname: bridgeName("dc1") },
    ...names.map((networkId, n) => ({
      ifname: segmentName(networkId),
      ifalias: formatSegmentAlias({ networkId, segment: { kind: "vlan", vlanId: n + 2 }, physicalNetwork: "dc1" }),
    })),
  ].map((link, n) => ({
    ifindex: n + 1,
    flags: [],
    mtu: 1500,
    group: "7238",
    linkinfo: { info_kind: "bridge" },
    ...link,
  }));
  return new Device(options, new FakeMachine(() => ended({ stdout: `${JSON.stringify(links)}\n[]\n` })), true);
}

test("a list looks through the host's links as often for a hundred networks as for two", async () => {
  const looks = vi.spyOn(HostView.prototype, "links", "get");
  const count = async (networks: number) => {
    looks.mockClear();
    const { segments } = await inventory(host(networks), { signal: never } as never);
    expect(segments).toHaveLength(networks);
    return looks.mock.calls.length;
  };
  expect(await count(100)).toBe(await count(2));
});
