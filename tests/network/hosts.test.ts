import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { networks } from "@reeve/managers/network";
import { inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { faultTransport, ManualClock, patchPanel, recordingLogger } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { failure } from "../kit/failure.ts";
import { sharedStore } from "./shared-store.ts";
import { carriedBy, nothingCarried, operator, WiredHouse } from "./wired-house.ts";

/*
 * Hosts that share a store, and what they race for:
 *
 * - two attach one port at once: the attachment's row is inserted by one;
 * - a host goes away with a port, which is forgotten and attached elsewhere: it drops the port when it comes back;
 * - a host stands still in the middle of attaching, and the same happens: what it does when it wakes settles nothing;
 * - a port leaves a host's point while another comes to it: see life-of-a-port.
 */

const reason = "its rack burnt";
const two = { leaf: {}, spine: {} };
const nothing = { restarted: false, repaired: [], failed: [], dropped: [], unaccounted: [], foreign: [] };

test("of two hosts that attach one port at once, one does, and the other names it", async () => {
  await using house = await WiredHouse.open({ devices: two });
  const { port } = await house.build();
  for (let round = 0; round < 10; round++) {
    const both = await Promise.allSettled([house.attach(port.id), house.attach(port.id, undefined, "spine")]);
    const { host } = await house.network.getPort({ id: port.id });
    const lost = both.filter((one) => one.status === "rejected");
    expect(lost).toMatchObject([{ reason: { reason: "ALREADY_ATTACHED", data: { host } } }]);
    const plugs = (["leaf", "spine"] as const).map((name) => Object.keys(house.at(name).panel.state().plugs).length);
    expect(plugs).toEqual(host === house.at("leaf").address ? [1, 0] : [0, 1]);
    await house.network.detach({ portId: port.id });
  }
});

test("a port whose host is gone is forgotten and attached elsewhere; the host drops it when it comes back", async () => {
  const spine = { panel: patchPanel() };
  const log = recordingLogger();
  const before = await WiredHouse.open({ devices: { leaf: {}, spine } });
  const { port, ports } = await before.build(2);
  await before.attach(port.id, undefined, "spine");
  await before.attach(ports[1]!.id, undefined, "spine");
  const there = before.at("spine").address;
  expect(await failure(before.ops.forget({ portId: port.id, reason }))).toMatchObject({
    reason: "HOST_SERVES",
    data: { host: there },
  });
  let directory = await before.leave();

  const house = await WiredHouse.open({ directory, devices: { leaf: before.at() }, log });
  const lost = await failure(house.network.detach({ portId: port.id }));
  expect(lost).toMatchObject({ reason: "NO_RESPONDERS" });
  expect(lost.message).toContain("forget({ portId, reason })");
  expect(await failure(house.attach(port.id))).toMatchObject({ reason: "ALREADY_ATTACHED", data: { host: there } });
  expect(await house.ops.forget({ portId: port.id, reason })).toMatchObject({ status: "down", host: null });
  expect(log.lines.filter(({ fields }) => fields.audit)).toMatchObject([
    { level: "warn", fields: { action: "forget", portId: port.id, host: there, by: "ada", reason } },
  ]);
  expect(await failure(house.ops.forget({ portId: port.id, reason }))).toMatchObject({ reason: "WRONG_STATUS" });
  const wire = await house.attach(port.id);
  directory = await house.leave();

  await using again = await WiredHouse.open({ directory, devices: { leaf: before.at(), spine } });
  // Before it served.
  expect(Object.values(spine.panel.state().plugs)).toMatchObject([{ mac: ports[1]!.mac }]);
  expect(await again.network.getPort({ id: port.id })).toMatchObject({ status: "active", generation: 2, wire });
  expect(await again.rescan("spine")).toEqual(nothing);
  await again.network.detach({ portId: ports[1]!.id });
  expect(carriedBy(spine.panel)).toEqual(nothingCarried);
});

test("a port that was forgotten and deleted with its network is dropped, and its network with it", async () => {
  const spine = { panel: patchPanel() };
  const before = await WiredHouse.open({ devices: { leaf: {}, spine } });
  const { network, port } = await before.build();
  await before.attach(port.id, undefined, "spine");
  let directory = await before.leave();
  const house = await WiredHouse.open({ directory });
  await house.ops.forget({ portId: port.id, reason });
  await house.network.deletePort({ id: port.id });
  await house.network.deleteNetwork({ id: network.id });
  directory = await house.leave();
  await using again = await WiredHouse.open({ directory, devices: { spine } });
  expect(carriedBy(spine.panel)).toEqual(nothingCarried);
  await expect
    .poll(() => again.report("spine").own)
    .toMatchObject({ converged: { dropped: [port.id], unaccounted: [] } });
});

test("a detachment that a dead host had begun is forgotten with the port", async () => {
  const spine = { panel: patchPanel() };
  const before = await WiredHouse.open({ devices: { leaf: {}, spine }, limits: { drainTimeout: 1 } });
  const { port } = await before.build();
  await before.attach(port.id, undefined, "spine");
  const held = spine.panel.hold(/^plug delete/);
  const detaching = failure(before.network.detach({ portId: port.id }));
  await held.reached;
  const directory = await before.leave();
  await detaching;
  const log = recordingLogger();
  await using house = await WiredHouse.open({ directory, log });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ status: "detaching" });
  expect(await house.ops.forget({ portId: port.id, reason })).toMatchObject({ status: "down" });
  expect(log.lines.filter(({ fields }) => fields.audit)).toMatchObject([{ fields: { abandoned: "port.detaching" } }]);
  await house.attach(port.id);
});

test("a host that stood still while its port was forgotten and attached elsewhere drops it when it wakes", {
  timeout: 60_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "reeve-network-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const store = sharedStore(sqlite({ path: join(directory, "reeve.sqlite") }));
  const hub = inProcess();
  const cut = faultTransport(hub.client({ caller: "asleep" }), { print: () => {} });
  const clock = new ManualClock();
  const sleeper = await WiredHouse.open({ host: "asleep", store, transport: cut, clock });
  onTestFinished(() => sleeper.supervisor.stop());
  await using house = await WiredHouse.open({ host: "awake", store, transport: hub.client({ caller: "awake" }) });
  const { ports } = await house.build(2);
  const [port, other] = ports as [(typeof ports)[0], (typeof ports)[0]];
  const there = sleeper.at();
  await sleeper.attach(port.id);
  // It stands still in the middle of attaching another.
  const held = there.panel.hold(/^socket join/);
  const attaching = failure(sleeper.attach(other.id));
  await held.reached;
  const ops = house.supervisor.as(operator).ref(networks);
  expect(await failure(ops.forget({ portId: port.id, reason }))).toMatchObject({ reason: "HOST_SERVES" });
  cut.cut();
  for (const { id } of ports) {
    await vi.waitFor(() => ops.forget({ portId: id, reason }), { timeout: 20_000, interval: 50 });
    await house.attach(id);
  }
  expect(Object.keys(there.panel.state().plugs)).toHaveLength(2);

  cut.heal();
  held.release();
  expect(await attaching).toMatchObject({ reason: "FENCED" });
  await vi.waitFor(
    async () => {
      await clock.advance(36_000);
      expect(carriedBy(there.panel)).toEqual(nothingCarried);
    },
    { timeout: 15_000, interval: 20 },
  );
  for (const { id } of ports)
    expect(await house.network.getPort({ id })).toMatchObject({
      status: "active",
      host: house.at().address,
      generation: 2,
    });
});
