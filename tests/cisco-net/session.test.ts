import { expect, test } from "vitest";
import { at, port, SwitchUnderTest } from "./switch-under-test.ts";

test("a check is one command, and none where a call has just heard from the switch", async () => {
  await using under = await SwitchUnderTest.open();
  await under.list();
  under.nexus.audit.clear();
  await under.check();
  expect(under.nexus.audit.commands()).toEqual([]);
  under.clock.advance(10_000);
  await under.check();
  expect(under.nexus.audit.commands()).toEqual(["show version"]);
});

test("a session that is closed tells those that wait, and whoever comes later", async () => {
  await using under = await SwitchUnderTest.open();
  const hold = under.nexus.faults.hold("execution", { command: /^show vlan$/ });
  const waiting = [under.ensure("net-a", 100), under.list()];
  const settled = Promise.allSettled(waiting);
  await hold.reached;
  await under.session.close();
  for (const outcome of await settled)
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { code: "UNAVAILABLE", message: "the driver was closed" },
    });
  await expect(under.ensure("net-a", 100)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  hold.release();
  await under.connect();
  expect((await under.list()).segments).toEqual([]);
});

test.each([
  ["execution", { status: "rejected", reason: { code: "UNAVAILABLE", data: { left: "unknown" } } }],
  ["answer", { status: "fulfilled" }],
] as const)("a call that is aborted before the %s of what it sent tells what became of that", async (at, outcome) => {
  await using under = await SwitchUnderTest.open();
  const hold = under.nexus.faults.hold(at, { command: /^vlan 100$/ });
  const controller = new AbortController();
  const ensuring = under.ensure("net-a", 100, { signal: controller.signal });
  await hold.reached;
  controller.abort();
  const [settled] = await Promise.allSettled([ensuring]);
  hold.release();
  expect(settled).toMatchObject(outcome);
});

test("a connection that breaks while the switch's limits are read makes it unavailable, not the driver at fault", async () => {
  await using under = await SwitchUnderTest.open();
  const broken = { code: "UNAVAILABLE", retryable: true };
  await under.session.close();
  const atSetup = under.nexus.faults.add("bad-gateway", { command: /^show resource$/ });
  await expect(under.connect()).rejects.toMatchObject(broken);
  await under.connect();
  await under.reload();
  const afterRestart = under.nexus.faults.add("bad-gateway", { command: /^show startup-config$/ });
  await expect(under.list()).rejects.toMatchObject(broken);
  expect([atSetup.hits, afterRestart.hits]).toEqual([1, 1]);
  await under.list();
});

test("a port that moves is taken off its old place, but not where others may be that the session does not know", async () => {
  await using under = await SwitchUnderTest.open();
  await under.ensure("net-a", 100);
  await under.attach(port("p1", "net-a", 100, at(1)));
  await under.attach(port("p2", "net-a", 100, at(1)));
  // Another is there, so the place goes on carrying the network.
  await under.attach(port("p1", "net-a", 100, { ...at(2), generation: 2 }));
  const places = async () => (await under.list()).attachments.map(({ point }) => point);
  expect(await places()).toEqual([at(1).point, at(2).point]);
  await under.attach(port("p2", "net-a", 100, { ...at(2), generation: 2 }));
  expect(await places()).toEqual([at(2).point]);
  // What an earlier session attached there is not known to this one.
  await under.reconnect();
  await under.attach(port("p2", "net-a", 100, { ...at(2), generation: 2 }));
  await under.attach(port("p2", "net-a", 100, { ...at(3), generation: 3 }));
  expect(await places()).toEqual([at(2).point, at(3).point]);
});

test("statistics and lists hold nothing of others, and count what is there", async () => {
  await using under = await SwitchUnderTest.open({
    nexus: {
      configuration:
        "vlan 50 ; name voice ; interface e1/1 ; switchport ; switchport mode trunk ; switchport trunk allowed vlan 50",
    },
  });
  await under.ensure("net-a", 100);
  await under.attach(port("p1", "net-a", 100));
  const stats = await under.stats();
  expect(stats).toMatchObject({ attachments: 1, mtuMax: 1500, unsavedChanges: true, vlans: { used: 3, max: 3967 } });
  expect(stats.saturation).toBeGreaterThanOrEqual(0);
  expect(stats.saturation).toBeLessThanOrEqual(1);
  expect((await under.list()).foreign).toEqual([{ what: "VLAN 50 (voice)", why: "no network can have its id here" }]);
});
