import { DriverError } from "@reeve/driver-sdk";
import { patchPanel } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { failure } from "../kit/failure.ts";
import { NudgedClock } from "../volume/nudged-clock.ts";
import { fail, steered } from "./steered-panel.ts";
import { carriedBy, nothingCarried, WiredHouse } from "./wired-house.ts";

const trunk = (n: number) => ({ kind: "switchport", interface: `port${n}`, tagging: "tagged" }) as const;
const nothing = { restarted: false, repaired: [], failed: [], dropped: [], unaccounted: [], foreign: [] };
const impatient = { driverPatience: 1, driver: { checkEvery: 20, retryAfter: 20, retryAtMost: 50 } } as const;
const timeoutMs = 61_001;
const graceMs = 5_001;

/** Resolves with the port once it is down. */
function isDown(house: WiredHouse, id: string) {
  return vi.waitFor(
    async () => {
      const port = await house.network.getPort({ id });
      if (port.status !== "down") throw new Error(JSON.stringify(port));
      return port;
    },
    { timeout: 15_000, interval: 10 },
  );
}

test("a device that is away at the start keeps nobody waiting; it is compared when it comes", async () => {
  const leaf = { panel: patchPanel() };
  const before = await WiredHouse.open({ devices: { leaf } });
  const { port } = await before.build();
  const wire = await before.attach(port.id);
  const directory = await before.leave();
  const carried = leaf.panel.dump();
  leaf.panel.restart();
  leaf.panel.reach(false);
  await using house = await WiredHouse.open({ directory, devices: { leaf, spine: {} }, limits: impatient });
  expect(house.report("spine").status.phase).toBe("ready");
  expect(house.report().status.state).toBe("degraded");
  expect(await failure(house.network.detach({ portId: port.id }))).toMatchObject({ reason: "HOST_UNREACHABLE" });
  const planning = house.network.plan({ change: "detach", portId: port.id });
  expect(await failure(planning)).toMatchObject({ reason: "HOST_UNREACHABLE" });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "active" });
  // What is there already is told all the same.
  expect(await house.attach(port.id)).toEqual(wire);
  leaf.panel.reach(true);
  await house.until(({ status }) => status.phase === "ready");
  expect(leaf.panel.dump()).toEqual(carried);
});

test("a device that was lost and has restarted is asked for everything as soon as it is back", async () => {
  const leaf = { panel: patchPanel() };
  await using house = await WiredHouse.open({ devices: { leaf }, limits: impatient });
  const { port } = await house.build();
  await house.attach(port.id);
  const carried = leaf.panel.dump();
  leaf.panel.reach(false);
  await house.until(({ status }) => status.state === "degraded");
  const lostAt = performance.now();
  // Whether it is away is looked at twice a second.
  await vi.waitFor(() => expect(performance.now() - lostAt).toBeGreaterThan(600), { interval: 20 });
  leaf.panel.restart();
  leaf.panel.reach(true);
  // Long before the next comparison is due.
  await vi.waitFor(() => expect(leaf.panel.dump()).toEqual(carried), { timeout: 10_000, interval: 20 });
});

test("a detachment that has begun is carried through when the device comes back", async () => {
  const { acts, panel, devices } = steered();
  const clock = new NudgedClock();
  await using house = await WiredHouse.open({ devices, clock });
  const { port } = await house.build();
  await house.attach(port.id);
  acts.set("detach", fail("UNAVAILABLE", "no route"));
  expect(await failure(house.network.detach({ portId: port.id }))).toMatchObject({
    reason: "HOST_UNREACHABLE",
    data: { host: house.at().address, why: expect.stringContaining("no route") },
  });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "detaching" });
  expect(await failure(house.network.detach({ portId: port.id }))).toMatchObject({ reason: "WRONG_STATUS" });
  acts.clear();
  await isDown(house, port.id);
  expect(carriedBy(panel)).toEqual(nothingCarried);
});

test("a detachment whose answer was lost has gone well", async () => {
  await using house = await WiredHouse.open();
  const { port } = await house.build();
  await house.attach(port.id);
  const { panel } = house.at();
  panel.fail(/^plug delete/, { done: true });
  expect(await house.network.detach({ portId: port.id })).toMatchObject({ status: "down", fault: null });
  expect(carriedBy(panel)).toEqual(nothingCarried);
});

test("a device that will not detach a port keeps it in error, with its words", async () => {
  const { acts, devices } = steered();
  await using house = await WiredHouse.open({ devices });
  const { port } = await house.build();
  await house.attach(port.id);
  acts.set("detach", fail("INTERNAL", "the ASIC is stuck"));
  expect(await failure(house.network.detach({ portId: port.id }))).toMatchObject({ reason: "DRIVER_FAILED" });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({
    status: "error",
    host: house.at().address,
    wire: null,
    fault: { reason: "FAILED", message: expect.stringContaining("the ASIC is stuck") },
  });
  acts.clear();
  expect(await house.network.detach({ portId: port.id })).toMatchObject({ status: "down", fault: null });
});

test("something foreign that keeps a port from leaving is named, and the port stays as it was", async () => {
  const { acts, devices } = steered();
  await using house = await WiredHouse.open({ devices });
  const { port } = await house.build();
  const wire = await house.attach(port.id);
  acts.set("detach", () => {
    throw new DriverError("FAILED_PRECONDITION", "a lock", { data: { what: "a session lock", where: "port1" } });
  });
  expect(await failure(house.network.detach({ portId: port.id }))).toMatchObject({
    reason: "FOREIGN",
    data: { what: "a session lock", where: "port1" },
  });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "active", wire });
});

test("an attachment that its caller cancels is undone", async () => {
  await using house = await WiredHouse.open();
  const { port } = await house.build();
  const { panel, address } = house.at();
  const held = panel.hold(/^socket join/);
  const gone = new AbortController();
  const attaching = house.network.attach({ portId: port.id, host: address }, { signal: gone.signal });
  const ended = failure(attaching.result);
  await held.reached;
  gone.abort();
  expect(await ended).toMatchObject({ reason: "CANCELLED" });
  await isDown(house, port.id);
  expect(carriedBy(panel)).toEqual(nothingCarried);
});

test("a call that goes on beyond its deadline holds its port, and its network takes no other meanwhile", async () => {
  const { acts, panel, devices } = steered();
  const clock = new NudgedClock();
  const limits = { driver: { timeout: timeoutMs, abortGrace: graceMs } };
  await using house = await WiredHouse.open({ devices, clock, limits });
  const { ports } = await house.build(3);
  const [first, second, third] = ports.map(({ id }) => id) as [string, string, string];
  await house.attach(first, trunk(1));
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  acts.set("detach", () => {
    acts.delete("detach");
    reached.resolve();
    return released.promise;
  });
  const leaving = failure(house.network.detach({ portId: first }));
  await reached.promise;
  // It comes to the same trunk while the call is out, and waits for it.
  const coming = failure(house.attach(second, trunk(1)));
  clock.ring(timeoutMs);
  clock.ring(graceMs);
  expect(await leaving).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "maybe-executed" });
  expect(house.report().held).toMatchObject([{ resource: first, waitingFor: { method: "detach" } }]);
  // The call may yet take the trunk's VLAN away.
  expect(await coming).toMatchObject({ reason: "BUSY", data: { resource: first } });
  expect(await failure(house.attach(third, trunk(2)))).toMatchObject({ reason: "BUSY", data: { resource: first } });
  expect(await failure(house.network.detach({ portId: first }))).toMatchObject({ reason: "BUSY" });
  expect(await house.network.getPort({ id: second })).toMatchObject({ status: "down" });

  released.resolve();
  await isDown(house, first);
  await house.attach(second, trunk(1));
  expect(Object.keys(panel.state().sockets["switchport port1"]!)).toHaveLength(1);
  expect(await house.rescan()).toEqual(nothing);
});

test("an attachment whose call goes on beyond its deadline is undone when that has come to rest", async () => {
  const { acts, panel, devices } = steered();
  const clock = new NudgedClock();
  const limits = { driver: { timeout: timeoutMs, abortGrace: graceMs } };
  await using house = await WiredHouse.open({ devices, clock, limits });
  const { port } = await house.build();
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  acts.set("guard.apply", () => {
    reached.resolve();
    return released.promise;
  });
  const attaching = failure(house.attach(port.id));
  await reached.promise;
  clock.ring(timeoutMs);
  clock.ring(graceMs);
  expect(await attaching).toMatchObject({ reason: "ATTACH_FAILED", data: { step: "guard", left: "unknown" } });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "attaching" });
  expect(await failure(house.network.detach({ portId: port.id }))).toMatchObject({ reason: "BUSY" });
  expect(await house.rescan()).toEqual(nothing);
  released.resolve();
  expect(await isDown(house, port.id)).toMatchObject({ fault: { reason: "FAILED" } });
  expect(carriedBy(panel)).toEqual(nothingCarried);
});

test("what a device does behind an answer that never came is found, and made good", async () => {
  const clock = new NudgedClock();
  const limits = { driver: { timeout: timeoutMs, abortGrace: graceMs } };
  await using house = await WiredHouse.open({ clock, limits });
  const { port } = await house.build();
  const { panel } = house.at();
  const late = panel.late(/^socket join/);
  const attaching = failure(house.attach(port.id, trunk(1)));
  await late.reached;
  clock.ring(timeoutMs);
  expect(await attaching).toMatchObject({ reason: "ATTACH_FAILED", data: { step: "wire", left: "nothing" } });
  expect(carriedBy(panel)).toEqual(nothingCarried);
  late.release();
  await expect.poll(() => Object.keys(panel.state().sockets["switchport port1"]!)).toHaveLength(1);
  expect((await house.rescan()).dropped).toEqual([port.id]);
  expect(panel.state().sockets["switchport port1"]).toEqual({});
  expect(await house.rescan()).toEqual(nothing);
});
