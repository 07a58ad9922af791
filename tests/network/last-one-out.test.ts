import { join } from "node:path";
import { sqlite } from "@reeve/runtime/sqlite";
import { type PanelCall, patchPanel } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { failure } from "../kit/failure.ts";
import { SteeredStore } from "./ipam-steered-store.ts";
import { SwitchHouse } from "./switch-house.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { WiredHouse } from "./wired-house.ts";

/*
 * A trunk carries a network, and a device has it, until the last port has left. The races, each forced here:
 *
 * - another port comes to the trunk between the count and the call that takes the trunk out of the network;
 * - another comes to the network between the count and the call that removes it from the device;
 * - two leave at once: each sees the other, and none is the last;
 * - one leaves while another is about to come, and that one never does: the trunk is then its to leave.
 */

const trunk = (n: number) => ({ kind: "switchport", interface: `port${n}`, tagging: "tagged" }) as const;

/** A panel whose driver's next call of a method is held before it does anything. */
function holdable() {
  const holds = new Map<string, { readonly reached: () => void; readonly released: Promise<void> }>();
  const asked: string[] = [];
  const onCall = async ({ moment, method }: PanelCall) => {
    if (moment === "after") return;
    asked.push(method);
    const hold = holds.get(method);
    holds.delete(method);
    hold?.reached();
    await hold?.released;
  };
  const hold = (method: string) => {
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    holds.set(method, { reached: reached.resolve, released: released.promise });
    return { reached: reached.promise, release: released.resolve };
  };
  return { hold, asked, devices: { leaf: { panel: patchPanel({ onCall }) } } };
}

/** Resolves when work on a port has begun, and whatever does not wait for anything has come as far as the device. */
async function underWay(house: WiredHouse, portId: string): Promise<void> {
  await vi.waitFor(
    async () => expect((await house.network.getPort({ id: portId })).status).toMatch(/attaching|detaching/),
    { timeout: 10_000, interval: 1 },
  );
  // Each waits for a disk, as what the work does does.
  for (let n = 0; n < 5; n++)
    await house.network.createPort({ networkId: await networkOf(house, portId), name: "other" });
}

async function networkOf(house: WiredHouse, portId: string): Promise<string> {
  return (await house.network.getPort({ id: portId })).networkId;
}

test("a port that comes to a trunk which its last port is leaving has it when both are done", async () => {
  const { hold, asked, devices } = holdable();
  await using house = await WiredHouse.open({ devices });
  const { network, ports } = await house.build(2);
  await house.attach(ports[0]!.id, trunk(1));
  const leaves = hold("detach");
  const leaving = house.network.detach({ portId: ports[0]!.id });
  await leaves.reached;
  asked.length = 0;
  const coming = house.attach(ports[1]!.id, trunk(1));
  await underWay(house, ports[1]!.id);
  expect(asked).not.toContain("attach");
  leaves.release();
  await Promise.all([leaving, coming]);
  expect(house.at().panel.state().sockets["switchport port1"]).toHaveProperty([`dc1/${network.vlanId}`]);
  expect((await house.rescan()).repaired).toEqual([]);
});

test("a port that comes to a network which its last port is leaving has it when both are done", async () => {
  const { hold, asked, devices } = holdable();
  await using house = await WiredHouse.open({ devices });
  const { network, ports } = await house.build(2);
  await house.attach(ports[0]!.id, trunk(1));
  const leaves = hold("removeSegment");
  const leaving = house.network.detach({ portId: ports[0]!.id });
  await leaves.reached;
  asked.length = 0;
  const coming = house.attach(ports[1]!.id, trunk(2));
  await underWay(house, ports[1]!.id);
  expect(asked).toEqual([]);
  leaves.release();
  await Promise.all([leaving, coming]);
  expect(house.at().panel.state().lines).toHaveProperty([`dc1/${network.vlanId}`]);
  expect((await house.rescan()).repaired).toEqual([]);
});

test("a device is not asked to remove a network that a port has come to since its last one was counted off", async () => {
  await using directory = await temporaryDirectory();
  const store = new SteeredStore(sqlite({ path: join(directory.path, "reeve.sqlite") }));
  const { hold, asked, devices } = holdable();
  await using house = await WiredHouse.open({ store, directory: directory.path, devices });
  const { network, ports } = await house.build(2);
  await house.attach(ports[0]!.id, trunk(1));
  const leaves = hold("detach");
  const leaving = house.network.detach({ portId: ports[0]!.id });
  await leaves.reached;
  // Who is still there is read when the device has let go of the port.
  store.afterRead("attachments", async () => void (await house.attach(ports[1]!.id, trunk(2))));
  leaves.release();
  expect(await leaving).toMatchObject({ status: "down" });
  expect(await house.network.getPort({ id: ports[1]!.id })).toMatchObject({ status: "active" });
  expect(asked).not.toContain("removeSegment");
  expect(house.at().panel.state().sockets["switchport port2"]).toHaveProperty([`dc1/${network.vlanId}`]);
});

test("a network is not removed for a port that has claimed it and not come to the device yet", async () => {
  const { hold, devices } = holdable();
  await using house = await WiredHouse.open({ devices });
  const { network, ports } = await house.build(2);
  await house.attach(ports[0]!.id, trunk(1));
  const comes = hold("attach");
  const coming = house.attach(ports[1]!.id, trunk(2));
  await comes.reached;
  await house.network.detach({ portId: ports[0]!.id });
  expect(house.at().panel.state().lines).toHaveProperty([`dc1/${network.vlanId}`]);
  comes.release();
  await coming;
});

test("of two that leave a trunk at once the second takes it out of the network", async () => {
  const { hold, devices } = holdable();
  await using house = await WiredHouse.open({ devices });
  const { ports } = await house.build(2);
  for (const { id } of ports) await house.attach(id, trunk(1));
  const first = hold("detach");
  const leaving = ports.map(({ id }) => house.network.detach({ portId: id }));
  await first.reached;
  for (const { id } of ports) await underWay(house, id);
  first.release();
  await Promise.all(leaving);
  const { lines, sockets } = house.at().panel.state();
  expect(sockets["switchport port1"]).toEqual({});
  expect(lines).toEqual({});
});

test("a trunk that a port leaves to one that is about to come is left by that one, where it never comes", async () => {
  await using house = await SwitchHouse.open(1);
  const { nexus, ops, address } = house;
  const before = nexus.runningConfig();
  const as = { kind: "switchport", interface: "Ethernet1/1", tagging: "tagged" } as const;
  const network = await ops.at(address).createNetwork({ name: "blue" });
  const stays = await ops.createPort({ networkId: network.id, name: "one" });
  const comes = await ops.createPort({ networkId: network.id, name: "two" });
  await ops.attach({ portId: stays.id, host: address, as }).result;
  let leaving: Promise<unknown> | undefined;
  nexus.faults.before(/^show vlan$/, async () => {
    leaving = ops.detach({ portId: stays.id });
    await vi.waitFor(async () => expect((await ops.getPort({ id: stays.id })).status).toBe("detaching"));
  });
  // The network cannot be ensured: the switch is not asked for the second port.
  nexus.faults.refuse(/^show vlan$/, "% Internal error", { times: 1 });
  expect(await failure(ops.attach({ portId: comes.id, host: address, as }).result)).toMatchObject({
    reason: "HOST_UNREACHABLE",
  });
  await leaving;
  expect(nexus.runningConfig()).toBe(before);
});

test("ports of one network come at once: none waits for another", async () => {
  const { hold, devices } = holdable();
  await using house = await WiredHouse.open({ devices });
  const { ports } = await house.build(2);
  const first = hold("attach");
  const held = house.attach(ports[0]!.id, trunk(1));
  await first.reached;
  await house.attach(ports[1]!.id, trunk(1));
  first.release();
  await held;
});
