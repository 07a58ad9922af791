import { DriverError } from "@reeve/driver-sdk";
import { networks } from "@reeve/managers/network";
import { type PanelCall, patchPanel } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { failure } from "../kit/failure.ts";
import { carriedBy, nothingCarried, operator, WiredHouse } from "./wired-house.ts";

const trunk = { kind: "switchport", interface: "port1", tagging: "tagged" } as const;

/** A panel whose driver's calls a test makes fail, before the panel is asked. */
function failing() {
  const faults = new Map<string, DriverError>();
  const onCall = ({ moment, method }: PanelCall) => {
    const fault = faults.get(method);
    if (moment === "before" && fault) throw fault;
  };
  return { faults, devices: { leaf: { panel: patchPanel({ onCall }) } } };
}

describe.for([
  ["segment", "ensureSegment"],
  ["wire", "attach"],
  ["guard", "guard.apply"],
] as const)("a device that fails at the step %s", ([step, method]) => {
  test("has nothing of the port, which is down and can be attached again", async () => {
    const { faults, devices } = failing();
    await using house = await WiredHouse.open({ devices });
    const { port } = await house.build();
    faults.set(method, new DriverError("RESOURCE_EXHAUSTED", "the table is full"));
    const error = await failure<any>(house.attach(port.id));
    expect(error).toMatchObject({ reason: "ATTACH_FAILED", code: "UNAVAILABLE", data: { step, left: "nothing" } });
    expect(error.data.why).toContain("the table is full");
    expect(carriedBy(house.at().panel)).toEqual(nothingCarried);
    expect(await house.network.getPort({ id: port.id })).toMatchObject({
      status: "down",
      host: null,
      fault: { reason: "FAILED", message: expect.stringContaining("the table is full") },
    });
    faults.clear();
    await house.attach(port.id);
    expect(await house.network.getPort({ id: port.id })).toMatchObject({
      status: "active",
      generation: 2,
      fault: null,
    });
  });

  test("and that will not take the port back leaves it in error, where detaching heals it", async () => {
    const { faults, devices } = failing();
    await using house = await WiredHouse.open({ devices });
    const { port } = await house.build();
    faults.set(method, new DriverError("INTERNAL", "a fan failed"));
    faults.set("detach", new DriverError("INTERNAL", "another fan failed"));
    const error = await failure(house.attach(port.id));
    // Before the device was asked for the port there is nothing that it could have of it.
    const left = step === "segment" ? "nothing" : "unknown";
    expect(error).toMatchObject({ reason: "ATTACH_FAILED", data: { step, left } });
    if (step === "segment") return;
    expect(await house.network.getPort({ id: port.id })).toMatchObject({
      status: "error",
      host: house.at().address,
      wire: null,
      fault: { reason: "FAILED", message: expect.stringMatching(/a fan failed.*another fan failed/) },
    });
    expect(await failure(house.attach(port.id))).toMatchObject({ reason: "WRONG_STATUS", data: { status: "error" } });
    faults.clear();
    expect(await house.network.detach({ portId: port.id })).toMatchObject({ status: "down", fault: null });
    expect(carriedBy(house.at().panel)).toEqual(nothingCarried);
  });
});

test("a port that is elsewhere, or at another point, is not attached again", async () => {
  await using house = await WiredHouse.open({ devices: { leaf: {}, spine: {} } });
  const { port } = await house.build();
  await house.attach(port.id, trunk);
  expect(await failure(house.attach(port.id, trunk, "spine"))).toMatchObject({
    reason: "ALREADY_ATTACHED",
    data: { host: house.at().address },
  });
  expect(await failure(house.attach(port.id))).toMatchObject({
    reason: "ALREADY_ATTACHED",
    data: { host: house.at().address },
  });
  expect(house.at("spine").panel.log).toEqual([]);
});

test("something foreign in the way is named, and left as it is", async () => {
  await using house = await WiredHouse.open();
  const { network, port } = await house.build();
  const { panel } = house.at();
  panel.edit({ verb: "line add", key: `dc1/${network.vlanId}`, label: "voice", group: 0, mtu: 1500 });
  const before = panel.dump();
  const error = await failure(house.attach(port.id));
  expect(error).toMatchObject({ reason: "FOREIGN", data: { what: expect.stringContaining("voice") } });
  expect(panel.dump()).toEqual(before);
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "down" });
});

test("a device that is away refuses at once, and others serve", async () => {
  await using house = await WiredHouse.open({
    devices: { leaf: {}, spine: {} },
    limits: { driverPatience: 1, driver: { checkEvery: 20, retryAfter: 20, retryAtMost: 50 } },
  });
  const { port, ports } = await house.build(2);
  const { panel, address } = house.at();
  panel.reach(false);
  await house.until(({ status }) => status.phase !== "ready");
  const error = await failure(house.attach(port.id));
  expect(error).toMatchObject({ reason: "HOST_UNREACHABLE", code: "UNAVAILABLE", data: { host: address } });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "down", generation: 0 });
  await house.attach(ports[1]!.id, undefined, "spine");
  // Networks and addresses need no device.
  await house.network.at(address).createPort({ networkId: ports[0]!.networkId, name: "third" });
  panel.reach(true);
  await house.until(({ status }) => status.phase === "ready");
  await house.attach(port.id);
});

test("a device that goes away in the middle is told as such, and keeps nothing when it could be undone", async () => {
  const { faults, devices } = failing();
  await using house = await WiredHouse.open({ devices });
  const { port } = await house.build();
  faults.set("attach", new DriverError("UNAVAILABLE", "no route"));
  expect(await failure(house.attach(port.id))).toMatchObject({ reason: "HOST_UNREACHABLE" });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "down" });
});

test("a manager takes networks of its kind, of physical networks that its configuration names", async () => {
  const config = { physicalNetworks: { dc1: { vlans: [[100, 199] as [number, number]] } } };
  await using house = await WiredHouse.open({ devices: { leaf: {}, plain: { kind: "flat" } }, config });
  const { port } = await house.build();
  expect(await failure(house.attach(port.id, undefined, "plain"))).toMatchObject({
    reason: "UNSUPPORTED",
    code: "UNIMPLEMENTED",
    data: { ability: "vlan networks" },
  });
  const flat = await house.build(1, "plain", "flat");
  expect(await failure(house.attach(flat.port.id))).toMatchObject({ data: { ability: "flat networks" } });
  await house.attach(flat.port.id, undefined, "plain");

  const directory = await house.leave();
  const other = { physicalNetworks: { dc2: {} } };
  await using moved = await WiredHouse.open({ directory, config: other });
  const known = { physicalNetwork: "dc1", known: ["dc2"] };
  const { address } = moved.at();
  expect(await failure(moved.attach(port.id))).toMatchObject({ reason: "UNKNOWN_PHYSICAL_NETWORK", data: known });
  const planning = moved.network.plan({ change: "attach", portId: port.id, host: address });
  expect(await failure(planning)).toMatchObject({ reason: "UNKNOWN_PHYSICAL_NETWORK", data: known });
});

test("what the driver has no ability for is refused before anything is begun", async () => {
  const options = { without: ["namespaces", "plan", "guard"] } as const;
  await using house = await WiredHouse.open({ devices: { leaf: { options } } });
  const { port } = await house.build();
  expect(await failure(house.attach(port.id))).toMatchObject({
    reason: "UNSUPPORTED",
    data: { ability: "namespaces" },
  });
  const planning = house.network.plan({ change: "detach", portId: port.id });
  expect(await failure(planning)).toMatchObject({ reason: "UNSUPPORTED", data: { ability: "plan" } });
  const steps = [];
  for await (const { step } of house.network.attach({ portId: port.id, host: house.at().address, as: trunk }))
    steps.push(step);
  expect(steps).toEqual(["claim", "segment", "wire"]);
});

test("a VLAN manager whose driver carries no VLANs does not start, and says which ability is missing", async () => {
  const opening = WiredHouse.open({ devices: { leaf: { options: { without: ["vlans"] } } } });
  await expect(opening).rejects.toThrow(/host@leaf: driver: lacks the ability vlans/);
});

test("a port that is being attached or detached is nobody else's meanwhile, and is not deleted", async () => {
  await using house = await WiredHouse.open({ devices: { leaf: {}, spine: {} } });
  const { port } = await house.build();
  const { panel } = house.at();
  const { address } = house.at("spine");
  const held = panel.hold(/^socket join/);
  const attaching = house.attach(port.id);
  await held.reached;
  expect(await failure(house.network.at(address).deletePort({ id: port.id }))).toMatchObject({
    reason: "WRONG_STATUS",
    data: { status: "attaching" },
  });
  expect(await failure(house.attach(port.id, undefined, "spine"))).toMatchObject({ reason: "ALREADY_ATTACHED" });
  // The second call for the port waits for the first, and finds it attached.
  const again = house.attach(port.id);
  held.release();
  expect(await again).toEqual(await attaching);
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ generation: 1 });
});

test("a network with ports that are attached is in use", async () => {
  await using house = await WiredHouse.open();
  const { network, port } = await house.build();
  await house.attach(port.id);
  expect(await failure(house.network.deleteNetwork({ id: network.id }))).toMatchObject({
    reason: "IN_USE",
    data: { ports: [port.id] },
  });
  expect(await failure(house.network.deletePort({ id: port.id }))).toMatchObject({ reason: "WRONG_STATUS" });
});

test("a tenant reaches its own ports only, and what is an operator's is refused to others", async () => {
  await using house = await WiredHouse.open();
  const { port } = await house.build();
  const { address } = house.at();
  const eve = house.supervisor.as({ user: "eve", tenant: "other", roles: [] }).ref(networks);
  const none = { reason: "ROW_NOT_FOUND" };
  expect(await failure(eve.attach({ portId: port.id, host: address }).result)).toMatchObject(none);
  await house.attach(port.id);
  expect(await failure(eve.detach({ portId: port.id }))).toMatchObject(none);
  expect(await failure(eve.plan({ change: "detach", portId: port.id }))).toMatchObject(none);
  const refused = { reason: "NOT_PERMITTED" };
  expect(await failure(eve.at(address).rescan({}))).toMatchObject(refused);
  expect(await failure(eve.forget({ portId: port.id, reason: "mine" }))).toMatchObject(refused);
  expect(await failure(eve.at(address).removeUnaccounted({ marks: ["x"], reason: "mine" }))).toMatchObject(refused);
  const own = house.supervisor.as({ ...operator, roles: ["operator"], tenant: "other" }).ref(networks);
  expect(await failure(own.forget({ portId: port.id, reason: "not mine" }))).toMatchObject(none);
});

test.each([
  [{ kind: "netns", interface: "a/b" }, "point.interface"],
  [{ kind: "netns", interface: "a%d" }, "point.interface"],
  [{ kind: "netns", interface: "all" }, "point.interface"],
  [{ kind: "netns", namespace: "../x" }, "point.namespace"],
  [{ kind: "switchport", interface: "Eth 9\n", tagging: "tagged" }, "point.interface"],
] as const)("a place that no device could have is refused before anything is claimed: %j", async (as, field) => {
  await using house = await WiredHouse.open();
  const { port } = await house.build();
  const error = await failure(house.attach(port.id, as));
  expect(error).toMatchObject({ reason: "INVALID_INPUT", message: expect.stringContaining(field) });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "down", generation: 0, host: null });
  await house.network.deletePort({ id: port.id });
});

test("a namespace and a switch's interface are an operator's to name, of whosever port", async () => {
  await using house = await WiredHouse.open();
  const { port } = await house.build();
  const guest = house.supervisor.as({ user: "eve", roles: ["all-tenants"] }).ref(networks);
  const { address: host } = house.at();
  for (const as of [trunk, { kind: "netns", namespace: "rv-7238-other" } as const]) {
    const refused = { reason: "NOT_PERMITTED", message: expect.stringContaining("operator") };
    const attaching = guest.attach({ portId: port.id, host, as });
    expect(await failure(attaching.result)).toMatchObject(refused);
    expect(await failure(guest.plan({ change: "attach", portId: port.id, host, as }))).toMatchObject(refused);
  }
  const own = guest.attach({ portId: port.id, host, as: { kind: "netns", interface: "eth1" } });
  expect(await own.result).toMatchObject({ kind: "netns", interface: "eth1" });
});
