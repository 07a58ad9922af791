import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DriverError } from "@reeve/driver-sdk";
import { markOf, type NetworkInventory } from "@reeve/driver-sdk/network";
import { sqlite } from "@reeve/runtime/sqlite";
import { patchPanel } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { failure } from "../kit/failure.ts";
import { NudgedClock } from "../volume/nudged-clock.ts";
import { SteeredStore } from "./ipam-steered-store.ts";
import { fail, steered } from "./steered-panel.ts";
import { telling, unmarked } from "./telling-panel.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { carriedBy, nothingCarried, WiredHouse } from "./wired-house.ts";

/*
 * What comes between the look at a device and what is done about it:
 *
 * - a port that was found where it does not belong is attached there anew;
 * - an interface that carried a network for nobody is given to a port, before it is emptied;
 * - a port that cannot be carried any more, after a restart of the device;
 * - a device that keeps a network beyond its last port, and the network is deleted.
 */

const trunk = (n: number) => ({ kind: "switchport", interface: `port${n}`, tagging: "tagged" }) as const;
const quiet = { repaired: [], failed: [], dropped: [], unaccounted: [], foreign: [] };
const nothing = { restarted: false, ...quiet };

test.for(["attachments", "leftovers"] as const)(
  "a port that is attached as what an earlier call left of it is sorted out stays attached: %s",
  async (kind) => {
    await using directory = await temporaryDirectory();
    const store = new SteeredStore(sqlite({ path: join(directory.path, "reeve.sqlite") }));
    let told = (inventory: NetworkInventory) => inventory;
    const panel = telling(patchPanel(), (inventory) => told(inventory));
    await using house = await WiredHouse.open({ store, directory: directory.path, devices: { leaf: { panel } } });
    const { network, port } = await house.build();
    let attaching: Promise<unknown> | undefined;
    told = (inventory) => {
      told = (same) => same;
      const attach = async () => {
        attaching = house.attach(port.id, trunk(2));
        await attaching;
      };
      // The ports of this host are read once more, and then whose the marks are; of what is half made the network is read last.
      if (kind === "leftovers") store.afterRead("networks", attach);
      else store.afterRead("ports", async () => store.afterRead("ports", attach));
      const segment = { kind: "vlan", vlanId: network.vlanId! } as const;
      const late = { portId: port.id, generation: 0, segment, physicalNetwork: "dc1", point: trunk(2), differs: [] };
      const half = { kind: "port", mark: markOf(port.id), what: "a plug" } as const;
      return kind === "leftovers" ? { ...inventory, leftovers: [half] } : { ...inventory, attachments: [late] };
    };
    expect((await house.rescan()).dropped).toEqual([]);
    expect(await attaching).toEqual(trunk(2));
    expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "active", host: house.at().address });
    expect(panel.state().sockets["switchport port2"]).toHaveProperty([`dc1/${network.vlanId}`]);
    expect(await house.rescan()).toEqual(nothing);
  },
);

test("an interface that a port has come to is not emptied as one that carries its network for nobody", async () => {
  await using directory = await temporaryDirectory();
  const store = new SteeredStore(sqlite({ path: join(directory.path, "reeve.sqlite") }));
  const panel = unmarked(patchPanel());
  await using house = await WiredHouse.open({ store, directory: directory.path, devices: { leaf: { panel } } });
  const { network, ports } = await house.build(2);
  await house.attach(ports[0]!.id, trunk(1));
  const line = `dc1/${network.vlanId}`;
  const socket = "switchport port9";
  panel.edit({ verb: "socket join", socket, line, tagging: "tagged", by: "rv-somebody", group: 7 });
  const { unaccounted } = await house.rescan();
  // Whose the network is, is read when the device has been looked at.
  store.afterRead("networks", async () => void (await house.attach(ports[1]!.id, trunk(9))));
  const removing = failure(
    house.ops.at(house.at().address).removeUnaccounted({ marks: unaccounted, reason: "nobody's" }),
  );
  expect(await removing).toMatchObject({ reason: "NOT_UNACCOUNTED", data: { mark: unaccounted[0] } });
  expect(panel.state().sockets[socket]).toHaveProperty([line]);
  expect(await house.rescan()).toEqual(nothing);
});

test("a device that has restarted is asked for everything once, though one port cannot be carried any more", async () => {
  const { asked, panel, devices } = steered();
  await using house = await WiredHouse.open({ devices });
  const { network, port } = await house.build();
  const other = await house.build(3, "leaf", "green");
  for (const { id } of [port, ...other.ports]) await house.attach(id);
  panel.restart();
  panel.edit({ verb: "line add", key: `dc1/${network.vlanId}`, label: "voice", group: 0, mtu: 1500 });
  expect(await house.rescan()).toMatchObject({ restarted: true, failed: [{ portId: port.id }] });
  asked.length = 0;
  expect(await house.rescan()).toMatchObject({ restarted: false, repaired: [], failed: [{ portId: port.id }] });
  expect(asked.filter((method) => method === "attach")).toEqual([]);
});

test("a port whose network a device does not let go of now is down all the same, and the network leaves later", async () => {
  const { acts, panel, devices } = steered();
  await using house = await WiredHouse.open({ devices });
  const { port } = await house.build();
  await house.attach(port.id);
  acts.set("removeSegment", fail("UNAVAILABLE", "a command may still be run"));
  expect(await house.network.detach({ portId: port.id })).toMatchObject({ status: "down", fault: null });
  expect(Object.keys(panel.state().lines)).toHaveLength(1);
  expect(retainedIn(house)).toHaveLength(1);
  acts.clear();
  expect(await house.rescan()).toEqual(nothing);
  expect(panel.state().lines).toEqual({});
  expect(retainedIn(house)).toEqual([]);
});

test("a port is held while its network's removal has no answer, and the removal is asked for again after that", async () => {
  const { acts, panel, devices } = steered();
  const clock = new NudgedClock();
  await using house = await WiredHouse.open({
    devices,
    clock,
    limits: { driver: { timeout: 61_001, abortGrace: 5_001 } },
  });
  const { port } = await house.build();
  await house.attach(port.id);
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  acts.set("removeSegment", async () => {
    acts.clear();
    reached.resolve();
    await released.promise;
    throw new DriverError("UNAVAILABLE", "no route");
  });
  const leaving = failure(house.network.detach({ portId: port.id }));
  await reached.promise;
  clock.ring(61_001);
  clock.ring(5_001);
  expect(await leaving).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(house.report().held).toMatchObject([{ resource: port.id, waitingFor: { method: "removeSegment" } }]);
  released.resolve();
  await vi.waitFor(async () => expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "down" }), {
    timeout: 15_000,
    interval: 10,
  });
  expect(carriedBy(panel)).toEqual(nothingCarried);
});

test("a network that a device would not let go of leaves it when it can, though it is deleted by then", async () => {
  const { acts, panel, devices } = steered();
  await using house = await WiredHouse.open({ devices });
  const { network, port } = await house.build();
  await house.attach(port.id);
  acts.set("removeSegment", fail("INTERNAL", "the ASIC is stuck"));
  await house.network.detach({ portId: port.id });
  await house.network.deletePort({ id: port.id });
  await house.network.deleteNetwork({ id: network.id });
  // The next has its VLAN: what is in the way there is told.
  const next = await house.build(1, "leaf", "green");
  expect(next.network.vlanId).toBe(network.vlanId);
  expect(await failure(house.attach(next.port.id))).toMatchObject({
    reason: "ATTACH_FAILED",
    data: { step: "segment", left: "nothing", why: expect.stringContaining("another network's") },
  });
  expect(await house.rescan()).toEqual(nothing);
  expect(Object.keys(panel.state().lines)).toHaveLength(1);
  acts.clear();
  expect(await house.rescan()).toEqual(nothing);
  expect(panel.state().lines).toEqual({});
  await house.attach(next.port.id);
  expect(await house.rescan()).toEqual(nothing);
  expect(retainedIn(house)).toEqual([]);
});

test("what is remembered of a network that a device would not let go of goes when the device has lost it", async () => {
  const { acts, panel, devices } = steered();
  await using house = await WiredHouse.open({ devices });
  const { port } = await house.build();
  await house.attach(port.id);
  acts.set("removeSegment", fail("INTERNAL", "the ASIC is stuck"));
  await house.network.detach({ portId: port.id });
  expect(retainedIn(house)).toHaveLength(1);
  panel.restart();
  expect(await house.rescan()).toEqual({ ...quiet, restarted: true });
  expect(retainedIn(house)).toEqual([]);
});

/** What is remembered of networks that devices would not let go of. */
function retainedIn({ directory }: WiredHouse): unknown[] {
  const database = new DatabaseSync(join(directory, "reeve.sqlite"), { readOnly: true });
  try {
    return database.prepare("select * from network_retained").all();
  } finally {
    database.close();
  }
}
