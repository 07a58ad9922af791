import { DriverError } from "@reeve/driver-sdk";
import { ownGroup, type PanelCall, type PanelCommand, type PanelState, patchPanel } from "@reeve/testing";
import { expect, test } from "vitest";
import { failure } from "../kit/failure.ts";
import { telling } from "./telling-panel.ts";
import { carriedBy, nothingCarried, WiredHouse } from "./wired-house.ts";

const trunk = (n: number) => ({ kind: "switchport", interface: `port${n}`, tagging: "tagged" }) as const;
const quiet = { repaired: [], failed: [], dropped: [], unaccounted: [], foreign: [] };

test("a device that restarted is asked for everything again, once", async () => {
  await using house = await WiredHouse.open();
  const { ports } = await house.build(20);
  await Promise.all(ports.map(({ id }, n) => house.attach(id, n < 5 ? trunk(1) : undefined)));
  const { panel } = house.at();
  const before = panel.dump();
  panel.restart();
  expect(carriedBy(panel)).toEqual(nothingCarried);
  const { restarted, repaired } = await house.rescan();
  expect({ restarted, repaired }).toEqual({ restarted: true, repaired: ports.map(({ id }) => id).sort() });
  expect(panel.dump()).toEqual(before);
  const sent = panel.log.length;
  expect(await house.rescan()).toEqual({ restarted: false, ...quiet });
  expect(panel.log).toHaveLength(sent);
  for (const { id } of ports)
    expect(await house.network.getPort({ id })).toMatchObject({ status: "active", generation: 1 });
});

test("a device that restarted and kept everything is asked for everything all the same", async () => {
  const asked: string[] = [];
  const attaching = { now: 0, most: 0 };
  const onCall = ({ moment, method }: PanelCall) => {
    if (moment === "before") asked.push(method);
    if (method !== "attach") return;
    attaching.now += moment === "before" ? 1 : -1;
    attaching.most = Math.max(attaching.most, attaching.now);
  };
  await using house = await WiredHouse.open({ devices: { leaf: { panel: patchPanel({ onCall }) } } });
  const { ports } = await house.build(20);
  for (const { id } of ports) await house.attach(id);
  const { panel } = house.at();
  const kept = panel.state();
  const before = panel.dump();
  panel.restart();
  panel.edit(...commandsOf(kept));
  expect(panel.dump()).toEqual(before);
  asked.length = 0;
  const { restarted, repaired } = await house.rescan();
  expect({ restarted, repaired }).toEqual({ restarted: true, repaired: ports.map(({ id }) => id).sort() });
  expect(asked.filter((method) => method === "ensureSegment")).toHaveLength(1);
  expect(asked.filter((method) => method === "attach")).toHaveLength(20);
  // At once, so that a driver can put them into one message.
  expect(attaching.most).toBeGreaterThan(10);
});

/** What makes an empty panel be as it was, for ports in namespaces of their own. */
function commandsOf({ lines, namespaces, plugs, sockets }: PanelState): PanelCommand[] {
  return [
    ...Object.entries(lines).flatMap(([key, { note, ...line }]): PanelCommand[] => [
      { verb: "line add", key, ...line },
      { verb: "line note", key, note },
    ]),
    ...Object.entries(namespaces).map(([name, group]): PanelCommand => ({ verb: "namespace add", name, group })),
    ...Object.entries(plugs).flatMap(([label, { group, socket, mac, ...plug }]): PanelCommand[] => [
      { verb: "plug add", label, group, socket, mac, mtu: plug.mtu },
      { verb: "plug note", label, note: plug.note },
      { verb: "plug set", label, mtu: plug.mtu, addresses: plug.addresses, gateways: plug.gateways },
      { verb: "plug guard", label, guard: plug.guard },
    ]),
    ...Object.entries(sockets).flatMap(([socket, members]) =>
      Object.entries(members).map(([line, member]): PanelCommand => ({ verb: "socket join", socket, line, ...member })),
    ),
  ];
}

test("a port that came or went while the device was listed is left for the next time", async () => {
  let afterListing = async () => {};
  const onCall = ({ moment, method }: PanelCall) => {
    if (moment === "after" && method === "list") return afterListing();
  };
  await using house = await WiredHouse.open({ devices: { leaf: { panel: patchPanel({ onCall }) } } });
  const { ports } = await house.build(2);
  const [coming, leaving] = ports.map(({ id }) => id) as [string, string];
  await house.attach(leaving);
  const { panel } = house.at();
  const sent = () => panel.log.filter((line) => line.startsWith("plug add")).length;
  const before = sent();
  afterListing = async () => {
    afterListing = async () => {};
    await house.attach(coming);
    await house.network.detach({ portId: leaving });
  };
  expect(await house.rescan()).toEqual({ restarted: false, ...quiet });
  expect(sent()).toBe(before + 1);
  expect(Object.values(panel.state().plugs)).toMatchObject([{ mac: ports[0]!.mac }]);
});

test.for([
  ["the network is removed", ({ line }: Names) => ({ verb: "line delete", key: line })],
  ["the network's MTU is changed", ({ line }: Names) => ({ verb: "line set", key: line, mtu: 1400 })],
  ["the port is removed", ({ label }: Names) => ({ verb: "plug delete", label })],
  ["the port's note is lost", ({ label }: Names) => ({ verb: "plug note", label, note: undefined })],
  [
    "the port's addresses are changed",
    ({ label }: Names) => ({ verb: "plug set", label, mtu: 1500, addresses: ["10.0.0.99/24"], gateways: [] }),
  ],
  ["the port's place leaves the network", ({ socket, line }: Names) => ({ verb: "socket leave", socket, line })],
] as const)("a foreign change is repaired: %s", async ([, change]) => {
  await using house = await WiredHouse.open();
  const { network, ports } = await house.build(2);
  const { panel } = house.at();
  await house.attach(ports[0]!.id, trunk(1));
  await house.attach(ports[1]!.id, trunk(2));
  const before = panel.dump();
  const [label, plug] = Object.entries(panel.state().plugs).find(([, { note }]) => note?.portId === ports[0]!.id)!;
  panel.edit(change({ line: `dc1/${network.vlanId}`, label, socket: plug.socket }) as never);
  expect(panel.dump()).not.toEqual(before);
  const { restarted, repaired, failed } = await house.rescan();
  expect({ restarted, failed }).toEqual({ restarted: false, failed: [] });
  expect(repaired.length + Number(change.toString().includes("line set"))).toBeGreaterThan(0);
  expect(panel.dump()).toEqual(before);
  expect(await house.rescan()).toEqual({ restarted: false, ...quiet });
});

interface Names {
  readonly line: string;
  readonly label: string;
  readonly socket: string;
}

test("what a device can be made to carry no more is in error as lost, and comes back when it can", async () => {
  await using house = await WiredHouse.open();
  const { network, port } = await house.build();
  const { panel } = house.at();
  await house.attach(port.id);
  panel.restart();
  const squatter = { verb: "line add", key: `dc1/${network.vlanId}`, label: "voice", group: 0, mtu: 1500 } as const;
  panel.edit(squatter);
  const { failed } = await house.rescan();
  expect(failed).toEqual([{ portId: port.id, why: expect.stringContaining("voice") }]);
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "error", fault: { reason: "LOST" } });
  expect(house.report().status).toMatchObject({ state: "serving" });
  panel.edit({ verb: "line delete", key: squatter.key });
  expect((await house.rescan()).repaired).toEqual([port.id]);
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "active", fault: null, generation: 1 });
});

test("what may pass leaves a port as it is, and is tried again; a restart is not forgotten over it", async () => {
  let fault: DriverError | undefined;
  const onCall = ({ moment, method }: PanelCall) => {
    if (moment === "before" && method === "attach" && fault) throw fault;
  };
  await using house = await WiredHouse.open({ devices: { leaf: { panel: patchPanel({ onCall }) } } });
  const { port } = await house.build();
  await house.attach(port.id);
  const { panel } = house.at();
  panel.restart();
  fault = new DriverError("UNAVAILABLE", "still booting");
  expect(await house.rescan()).toMatchObject({ restarted: true, failed: [{ portId: port.id }] });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "active" });
  fault = undefined;
  expect(await house.rescan()).toMatchObject({ restarted: true, repaired: [port.id], failed: [] });
  expect(await house.rescan()).toEqual({ restarted: false, ...quiet });
});

test("a port that is on a device twice is in error, with both left as they are", async () => {
  let times = 1;
  const panel = telling(patchPanel(), (inventory) => ({
    ...inventory,
    attachments: inventory.attachments.flatMap((one) => Array.from({ length: times }, () => one)),
  }));
  await using house = await WiredHouse.open({ devices: { leaf: { panel } } });
  const { port } = await house.build();
  await house.attach(port.id);
  times = 2;
  const sent = panel.log.length;
  expect((await house.rescan()).failed).toEqual([{ portId: port.id, why: expect.stringContaining("2 times") }]);
  expect(panel.log).toHaveLength(sent);
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "error", fault: { reason: "LOST" } });
  expect(house.report().status.phase).toBe("ready");
  times = 1;
  expect((await house.rescan()).repaired).toEqual([port.id]);
});

test("a port that failed to leave is not attached again behind whoever sees to it", async () => {
  let fault: DriverError | undefined;
  const onCall = ({ moment, method }: PanelCall) => {
    if (moment === "before" && method === "detach" && fault) throw fault;
  };
  await using house = await WiredHouse.open({ devices: { leaf: { panel: patchPanel({ onCall }) } } });
  const { port } = await house.build();
  await house.attach(port.id);
  fault = new DriverError("INTERNAL", "the ASIC is stuck");
  await failure(house.network.detach({ portId: port.id }));
  house.at().panel.restart();
  expect(await house.rescan()).toEqual({ ...quiet, restarted: true });
  expect(carriedBy(house.at().panel)).toEqual(nothingCarried);
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "error", fault: { reason: "FAILED" } });
});

test("a reset compares the device as well, and the report shows what came of it", async () => {
  await using house = await WiredHouse.open();
  const { port } = await house.build();
  await house.attach(port.id);
  house.at().panel.restart();
  await house.supervisor.reset();
  await expect
    .poll(() => house.report().own)
    .toMatchObject({
      converged: { restarted: true, repaired: [port.id] },
      unsavedChanges: true,
    });
});

test("a manager converges as it starts", async () => {
  await using house = await WiredHouse.open();
  const { port } = await house.build();
  await house.attach(port.id);
  const { panel } = house.at();
  const before = panel.dump();
  panel.restart();
  await house.crash();
  expect(panel.dump()).toEqual(before);
});

test("convergence leaves alone what calls are about", async () => {
  await using house = await WiredHouse.open();
  const { ports } = await house.build(3);
  const [coming, leaving, staying] = ports.map(({ id }) => id) as [string, string, string];
  const { panel } = house.at();
  await house.attach(leaving, trunk(1));
  await house.attach(staying, trunk(2));
  const comes = panel.hold(/^plug add/);
  const attaching = house.attach(coming, trunk(3));
  await comes.reached;
  const goes = panel.hold(/^plug delete/);
  const detaching = house.network.detach({ portId: leaving });
  expect(await house.rescan()).toEqual({ restarted: false, ...quiet });
  comes.release();
  await goes.reached;
  goes.release();
  await Promise.all([attaching, detaching]);
  expect(await house.rescan()).toEqual({ restarted: false, ...quiet });
  expect(Object.keys(panel.state().plugs)).toHaveLength(2);
});

test("a port that is being repaired is detached after that, and not attached again behind it", async () => {
  await using house = await WiredHouse.open();
  const { port } = await house.build();
  const { panel } = house.at();
  await house.attach(port.id);
  panel.restart();
  const held = panel.hold(/^plug add/);
  const rescanning = house.rescan();
  await held.reached;
  const detaching = house.network.detach({ portId: port.id });
  held.release();
  expect((await rescanning).repaired).toEqual([port.id]);
  expect(await detaching).toMatchObject({ status: "down" });
  expect(carriedBy(panel)).toEqual(nothingCarried);
  expect(await house.rescan()).toEqual({ restarted: false, ...quiet });
});

test("what carries our mark and has no row is told, never touched, and removed by an operator who names it", async () => {
  await using house = await WiredHouse.open();
  const { port } = await house.build();
  await house.attach(port.id);
  const { panel, address } = house.at();
  const stranger = `rv-${"0".repeat(12)}`;
  panel.edit(
    { verb: "line add", key: "dc1/150", label: stranger, group: ownGroup, mtu: 1500 },
    { verb: "line note", key: "dc1/150", note: { networkId: "unknown", name: "whose?" } },
  );
  const before = panel.dump();
  const { unaccounted } = await house.rescan();
  expect(unaccounted).toHaveLength(1);
  expect(panel.dump()).toEqual(before);
  const ops = house.ops.at(address);
  const reason = "left by a system that is gone";
  expect(await failure(ops.removeUnaccounted({ marks: ["nothing"], reason }))).toMatchObject({
    reason: "NOT_UNACCOUNTED",
    data: { mark: "nothing" },
  });
  const ours = Object.keys(panel.state().plugs)[0]!.slice("rv-".length);
  expect(await failure(ops.removeUnaccounted({ marks: [ours], reason }))).toMatchObject({ reason: "NOT_UNACCOUNTED" });
  expect(await ops.removeUnaccounted({ marks: unaccounted, reason })).toEqual({ removed: unaccounted });
  expect(panel.state().lines).not.toHaveProperty(["dc1/150"]);
  expect(await house.rescan()).toEqual({ restarted: false, ...quiet });
});
