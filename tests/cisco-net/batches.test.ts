import { expect, test } from "vitest";
import { at, port, SwitchUnderTest } from "./switch-under-test.ts";

const networks = 100;
const trunks = 10;

test("a thousand bindings that are asked for at once, with their networks, take at most twenty requests", async () => {
  await using under = await SwitchUnderTest.open({
    nexus: { interfaces: ["Ethernet1/1-16"] },
    options: { interfaces: Array.from({ length: trunks }, (_, n) => `Ethernet1/${n + 1}`) },
  });
  const ids = Array.from({ length: networks }, (_, n) => n);
  const ports = ids.flatMap((n) =>
    Array.from({ length: trunks }, (_, trunk) => port(`p-${n}-${trunk}`, `net-${n}`, 1000 + 2 * n, at(trunk + 1))),
  );
  await Promise.all([
    ...ids.map((n) => under.ensure(`net-${n}`, 1000 + 2 * n)),
    ...ports.map((one) => under.attach(one)),
  ]);
  expect(under.nexus.audit.requests).toBeLessThanOrEqual(20);
  expect((await under.list()).attachments).toHaveLength(1000);
  expect(await under.stats()).toMatchObject({ attachments: 1000, vlans: { used: networks + 1 } });
  const lines = under.configured();
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(
    "switchport trunk allowed vlan remove ".length + 220,
  );

  // Asked for again, it is one look and no configuration; and all of it goes as it came.
  under.nexus.audit.clear();
  await Promise.all(ports.map((one) => under.attach(one)));
  expect(under.nexus.audit.requests).toBe(1);
  expect(under.configured()).toEqual([]);
  await Promise.all(ports.map((one) => under.detach(one)));
  await Promise.all(ids.map((n) => under.remove(`net-${n}`, 1000 + 2 * n)));
  expect(under.nexus.audit.requests).toBeLessThanOrEqual(20);
  expect(await under.list()).toMatchObject({ segments: [], attachments: [] });
});

test("what comes while a turn is under way goes together in the next", async () => {
  await using under = await SwitchUnderTest.open();
  const hold = under.nexus.faults.hold("execution", { command: /^show vlan$/ });
  const first = under.ensure("net-0", 100);
  await hold.reached;
  const others = Array.from({ length: 50 }, (_, n) => under.ensure(`net-${n + 1}`, 101 + n));
  hold.release();
  await Promise.all([first, ...others]);
  // Two turns of look, commands, look.
  expect(under.nexus.audit.requests).toBe(6);
});

test("calls that contradict each other take effect one after the other, in their order", async () => {
  await using under = await SwitchUnderTest.open();
  const one = port("p1", "net-a", 100);
  const outcomes = await Promise.allSettled([
    under.ensure("net-a", 100),
    under.attach(one),
    under.remove("net-a", 100),
    under.detach(one),
    under.remove("net-a", 100),
    under.ensure("net-b", 100),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
    "fulfilled",
  ]);
  expect((await under.list()).segments).toHaveLength(1);
});
