import type { Input } from "@reeve/contract";
import type { NetworkConfig } from "@reeve/managers/network";
import { patchPanel } from "@reeve/testing";
import { expect, test } from "vitest";
import { failure } from "../kit/failure.ts";
import { carriedBy, nothingCarried, WiredHouse } from "./wired-house.ts";

const trunk = { kind: "switchport", interface: "port1", tagging: "tagged" } as const;
const quiet = { repaired: [], failed: [], dropped: [], unaccounted: [], foreign: [] };
const vlans: [number, number][] = [[100, 199]];

test("ports of a physical network that the configuration names no more are carried until they are detached", async () => {
  let config: Input<typeof NetworkConfig> = { physicalNetworks: { dc1: { vlans }, dc2: { vlans } } };
  const panel = patchPanel({ physicalNetworks: ["dc1", "dc2"] });
  await using house = await WiredHouse.open({ config: () => config, devices: { leaf: { panel } } });
  const { address } = house.at();
  const network = await house.ops.at(address).createNetwork({ name: "blue", physicalNetwork: "dc2" });
  const port = await house.ops.createPort({ networkId: network.id, name: "one" });
  await house.attach(port.id, trunk);
  config = { physicalNetworks: { dc1: { vlans } }, quota: { networks: 1 } };
  await house.supervisor.reset();
  const known = { reason: "UNKNOWN_PHYSICAL_NETWORK", data: { physicalNetwork: "dc2", known: ["dc1"] } };
  const another = house.ops.at(address).createNetwork({ name: "green", physicalNetwork: "dc2" });
  expect(await failure(another)).toMatchObject(known);
  // The quota is read again as well.
  expect(await failure(house.ops.at(address).createNetwork({ name: "green" }))).toMatchObject({
    reason: "QUOTA_EXCEEDED",
    data: { resource: "networks", limit: 1, used: 1 },
  });
  panel.restart();
  expect(await house.rescan()).toEqual({ ...quiet, restarted: true, repaired: [port.id] });
  expect(await house.network.detach({ portId: port.id })).toMatchObject({ status: "down" });
  expect(await failure(house.attach(port.id, trunk))).toMatchObject(known);
  await house.network.deletePort({ id: port.id });
  await house.network.deleteNetwork({ id: network.id });
  expect(carriedBy(panel)).toEqual(nothingCarried);
});

test("a manager of another strategy at the same address carries what is attached there, and lets it go", async () => {
  const leaf = { panel: patchPanel() };
  const before = await WiredHouse.open({ devices: { leaf } });
  const { network, port } = await before.build();
  const wire = await before.attach(port.id, trunk);
  const directory = await before.leave();
  leaf.panel.restart();
  await using house = await WiredHouse.open({ directory, devices: { leaf: { ...leaf, kind: "flat" } } });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "active", wire });
  expect(leaf.panel.state().lines).toHaveProperty([`dc1/${network.vlanId}`]);
  expect(await house.rescan()).toEqual({ ...quiet, restarted: false });
  expect(await house.network.detach({ portId: port.id })).toMatchObject({ status: "down" });
  expect(await failure(house.attach(port.id, trunk))).toMatchObject({
    reason: "UNSUPPORTED",
    data: { ability: "vlan networks" },
  });
  const flat = await house.build(1, "leaf", "plain");
  await house.attach(flat.port.id, trunk);
  expect(await house.rescan()).toEqual({ ...quiet, restarted: false });
});

test("two managers that are given one device do not take each other's ports off it, and say so", async () => {
  const shared = { panel: patchPanel() };
  await using house = await WiredHouse.open({ devices: { leaf: shared, spine: shared } });
  const { ports } = await house.build(2);
  await house.attach(ports[0]!.id);
  await house.attach(ports[1]!.id, undefined, "spine");
  const before = shared.panel.dump();
  const told = ({ id }: { readonly id: string }, backend: string) => ({
    what: `port ${id}`,
    why: `the manager at ${house.at(backend).address} has attached it here: give each device to one manager`,
  });
  for (const [here, there, theirs] of [
    ["leaf", "spine", ports[1]!],
    ["spine", "leaf", ports[0]!],
  ] as const)
    expect(await house.rescan(here)).toEqual({ ...quiet, restarted: false, foreign: [told(theirs, there)] });
  expect(shared.panel.dump()).toEqual(before);
});
