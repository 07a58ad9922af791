import { ciscoNet } from "@reeve/cisco-net";
import { markOf } from "@reeve/driver-sdk/network";
import { nexusSimulator, type PatchPanel, patchPanel } from "@reeve/testing";
import { expect, test } from "vitest";
import { failure } from "../kit/failure.ts";
import { SwitchHouse } from "./switch-house.ts";
import { WiredHouse } from "./wired-house.ts";

const trunk = { kind: "switchport", interface: "Ethernet1/1", tagging: "tagged" } as const;
const access = { kind: "switchport", interface: "Ethernet1/5", tagging: "untagged" } as const;

/** A network with two ports, on a trunk and an access port. */
async function build({ ops, address }: SwitchHouse, name: string) {
  const network = await ops.at(address).createNetwork({ name });
  const ports = [];
  for (const as of [trunk, access]) {
    const { id: portId } = await ops.createPort({ networkId: network.id, name });
    ports.push(portId);
    await ops.attach({ portId, host: address, as }).result;
  }
  return { network, ports };
}

test("what a switch brings back with an old configuration is in the next network's way, is told, and is removed by name", async () => {
  await using house = await SwitchHouse.open(1);
  const { nexus, ops, address } = house;
  const before = nexus.runningConfig();
  const { network, ports } = await build(house, "old");
  await nexus.cli("copy running-config startup-config");
  for (const portId of ports) {
    await ops.detach({ portId });
    await ops.deletePort({ id: portId });
  }
  await ops.deleteNetwork({ id: network.id });
  await house.reloadNoticed();

  const next = await ops.at(address).createNetwork({ name: "next" });
  expect(next.vlanId).toBe(network.vlanId);
  const { id: portId } = await ops.createPort({ networkId: next.id, name: "next" });
  expect(await failure(ops.attach({ portId, host: address, as: trunk }).result)).toMatchObject({
    reason: "ATTACH_FAILED",
    data: { step: "segment", left: "nothing", why: expect.stringMatching(/VLAN 100: it is another network's, rv-/) },
  });
  const places = ["Ethernet1/1", "Ethernet1/5"].map((name) => `vlan 100 of dc1 at switchport ${name}`);
  const { unaccounted } = await ops.at(address).rescan({});
  expect([...unaccounted].sort()).toEqual([markOf(network.id), ...places].sort());
  const reason = "the reload brought it back";
  // The network alone is refused while interfaces carry it; named in any order all go.
  await failure(ops.at(address).removeUnaccounted({ marks: [markOf(network.id)], reason }));
  await ops.at(address).removeUnaccounted({ marks: unaccounted, reason });
  expect((await ops.at(address).rescan({})).unaccounted).toEqual([]);
  await ops.attach({ portId, host: address, as: trunk }).result;
  await ops.detach({ portId });
  const parked = /interface Ethernet1\/5\n( {2}.*\n)+/;
  expect(nexus.runningConfig().replace(parked, "")).toBe(before.replace(parked, ""));
});

test("a network that is attached again where a reload brought its old places back has those told, and keeps its own", async () => {
  await using house = await SwitchHouse.open(1);
  const { nexus, ops, address } = house;
  const { network, ports } = await build(house, "old");
  await nexus.cli("copy running-config startup-config");
  await ops.detach({ portId: ports[1]! });
  await house.reloadNoticed();
  const place = `vlan ${network.vlanId} of dc1 at switchport Ethernet1/5`;
  expect(await ops.at(address).rescan({})).toMatchObject({ unaccounted: [place] });
  await ops.attach({ portId: ports[1]!, host: address, as: access }).result;
  const late = await failure(ops.at(address).removeUnaccounted({ marks: [place], reason: "as it was told" }));
  expect(late).toMatchObject({ reason: "NOT_UNACCOUNTED" });
  expect(await ops.at(address).rescan({})).toMatchObject({ restarted: false, repaired: [], unaccounted: [] });
});

test("a forgotten place is left although its port has come back to another of the same switch", async () => {
  const interfaces = ["Ethernet1/1", "Ethernet1/2"];
  const configuration = "interface e1/1-2 ; switchport ; switchport mode trunk ; switchport trunk allowed vlan none";
  await using nexus = await nexusSimulator({ interfaces, configuration });
  const { url, ca, username, password } = nexus;
  const driver = ciscoNet({ url, ca, username, password, physicalNetwork: "dc1", interfaces, saveAfter: false });
  const panel: PatchPanel = new Proxy(patchPanel(), {
    get: (target, name) => (name === "driver" ? driver : Reflect.get(target, name)),
  });
  const before = await WiredHouse.open({ devices: { leaf: {}, spine: { panel } } });
  const { port } = await before.build();
  await before.attach(port.id, trunk, "spine");
  let directory = await before.leave();
  const house = await WiredHouse.open({ directory });
  await house.ops.forget({ portId: port.id, reason: "its rack burnt" });
  directory = await house.leave();
  const refusal = nexus.faults.refuse(/allowed vlan remove/, "ERROR: refused by the test", { times: 100 });
  await using again = await WiredHouse.open({ directory, devices: { leaf: {}, spine: { panel } } });
  await again.attach(port.id, { ...trunk, interface: "Ethernet1/2" }, "spine");
  refusal.stop();
  expect(refusal.hits).toBeGreaterThan(0);
  expect((await again.rescan("spine")).dropped).toEqual([port.id]);
  const listing = /interface (\S+)\n(?: {2}.*\n)*? {2}switchport trunk allowed vlan 100\n/g;
  expect([...nexus.runningConfig().matchAll(listing)].map(([, name]) => name)).toEqual(["Ethernet1/2"]);
  expect(await again.rescan("spine")).toMatchObject({ repaired: [], failed: [], dropped: [], unaccounted: [] });
});
