import { ownGroup, patchPanel } from "@reeve/testing";
import { expect, test } from "vitest";
import { unmarked } from "./unmarked-panel.ts";
import { WiredHouse } from "./wired-house.ts";

const trunk = (n: number) => ({ kind: "switchport", interface: `port${n}`, tagging: "tagged" }) as const;
const nothing = { restarted: false, repaired: [], failed: [], dropped: [], unaccounted: [], foreign: [] };

test("a device that keeps nothing of ports is compared by what its interfaces carry", async () => {
  await using house = await WiredHouse.open({ devices: { leaf: { panel: unmarked(patchPanel()) } } });
  const { network, ports } = await house.build(3);
  const [one, two, three] = ports.map(({ id }) => id) as [string, string, string];
  await house.attach(one, trunk(1));
  await house.attach(two, trunk(1));
  await house.attach(three, trunk(2));
  expect(await house.rescan()).toEqual(nothing);
  const { panel } = house.at();
  const line = `dc1/${network.vlanId}`;
  panel.edit({ verb: "socket leave", socket: "switchport port1", line });
  // Both have lost their network.
  expect((await house.rescan()).repaired).toEqual([one, two].sort());
  expect(panel.state().sockets["switchport port1"]).toHaveProperty([line]);
  expect(await house.rescan()).toEqual(nothing);
});

test("an interface that carries a network of ours for nobody is told by its place, and emptied by who names it", async () => {
  await using house = await WiredHouse.open({ devices: { leaf: { panel: unmarked(patchPanel()) } } });
  const { network, port } = await house.build();
  await house.attach(port.id, trunk(1));
  const { panel, address } = house.at();
  const line = `dc1/${network.vlanId}`;
  const socket = "switchport port9";
  panel.edit({ verb: "socket join", socket, line, tagging: "tagged", by: "rv-somebody", group: ownGroup });
  const { unaccounted, dropped } = await house.rescan();
  expect(dropped).toEqual([]);
  expect(unaccounted).toEqual([`vlan ${network.vlanId} of dc1 at switchport port9`]);
  expect(panel.state().sockets[socket]).toHaveProperty([line]);
  await house.ops.at(address).removeUnaccounted({ marks: unaccounted, reason: "nobody's" });
  expect(panel.state().sockets[socket]).toEqual({});
  expect(panel.state().sockets["switchport port1"]).toHaveProperty([line]);
});

test("a port that was forgotten leaves its interface, unless another of its network is there", async () => {
  const spine = { panel: unmarked(patchPanel()) };
  const before = await WiredHouse.open({ devices: { leaf: {}, spine } });
  const { network, ports } = await before.build(3);
  const [one, two, three] = ports.map(({ id }) => id) as [string, string, string];
  await before.attach(one, trunk(1), "spine");
  await before.attach(two, trunk(2), "spine");
  await before.attach(three, trunk(2), "spine");
  let directory = await before.leave();
  const house = await WiredHouse.open({ directory });
  for (const portId of [one, two]) await house.ops.forget({ portId, reason: "its rack burnt" });
  directory = await house.leave();
  await using again = await WiredHouse.open({ directory, devices: { leaf: {}, spine } });
  const { sockets } = spine.panel.state();
  const line = `dc1/${network.vlanId}`;
  expect(sockets["switchport port1"]).toEqual({});
  expect(sockets["switchport port2"]).toHaveProperty([line]);
  expect(await again.rescan("spine")).toEqual(nothing);
});
