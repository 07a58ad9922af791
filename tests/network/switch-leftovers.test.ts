import { markOf } from "@reeve/driver-sdk/network";
import { expect, test } from "vitest";
import { SwitchHouse } from "./switch-house.ts";
import { failure } from "./wired-house.ts";

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
