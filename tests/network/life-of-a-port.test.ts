import { expect, test } from "vitest";
import { carriedBy, nothingCarried, WiredHouse } from "./wired-house.ts";

const trunk = (n: number) => ({ kind: "switchport", interface: `port${n}`, tagging: "tagged" }) as const;

test("a port is attached step by step, told with its wire, and is down again when its device agreed", async () => {
  await using house = await WiredHouse.open();
  const { network, port } = await house.build();
  const { address, panel } = house.at();
  const attaching = house.network.attach({ portId: port.id, host: address });
  const steps: string[] = [];
  for await (const { step } of attaching) steps.push(step);
  const wire = await attaching.result;
  expect(steps).toEqual(["claim", "segment", "wire", "guard"]);
  expect(wire).toMatchObject({ kind: "netns", interface: "eth0" });
  expect(await house.network.getPort({ id: port.id })).toMatchObject({
    status: "active",
    host: address,
    generation: 1,
    wire,
    fault: null,
  });
  const [plug] = Object.values(panel.state().plugs);
  expect(plug).toMatchObject({
    mac: port.mac,
    mtu: network.mtu,
    addresses: [`${port.addresses[0]!.ip}/24`],
    gateways: ["10.0.0.1"],
    guard: { mac: port.mac },
  });
  // The same again is answered at once, and the device is not asked.
  const sent = panel.log.length;
  expect(await house.attach(port.id)).toEqual(wire);
  expect(panel.log).toHaveLength(sent);

  expect(await house.network.detach({ portId: port.id })).toMatchObject({ status: "down", host: null, wire: null });
  expect(carriedBy(panel)).toEqual(nothingCarried);
  expect(await house.network.detach({ portId: port.id })).toMatchObject({ status: "down" });
  await house.attach(port.id, trunk(1));
  expect(await house.network.getPort({ id: port.id })).toMatchObject({ generation: 2, wire: trunk(1) });
});

test("a device carries a network from its first port to its last, and a trunk likewise", async () => {
  await using house = await WiredHouse.open();
  const { network, ports } = await house.build(3);
  const { panel } = house.at();
  const [one, two, three] = ports.map(({ id }) => id);
  await house.attach(one!, trunk(1));
  await house.attach(two!, trunk(1));
  await house.attach(three!, trunk(2));
  const line = `dc1/${network.vlanId}`;
  const carried = () => Object.entries(panel.state().sockets).flatMap(([name, lines]) => (line in lines ? [name] : []));
  expect(carried()).toEqual(["switchport port1", "switchport port2"]);
  await house.network.detach({ portId: one! });
  expect(carried()).toEqual(["switchport port1", "switchport port2"]);
  await house.network.detach({ portId: two! });
  expect(carried()).toEqual(["switchport port2"]);
  expect(panel.state().lines).toHaveProperty([line]);
  await house.network.detach({ portId: three! });
  expect(carried()).toEqual([]);
  expect(panel.state().lines).toEqual({});
});

test("50 ports attach at once, and detach at once: each once, and nothing is left", async () => {
  await using house = await WiredHouse.open();
  const { ports } = await house.build(50);
  const { panel } = house.at();
  await Promise.all(ports.map(({ id }, n) => house.attach(id, n % 2 ? trunk((n % 16) + 1) : undefined)));
  expect(Object.keys(panel.state().plugs)).toHaveLength(50);
  expect(panel.log.filter((line) => line.startsWith("plug add"))).toHaveLength(50);
  expect((await house.rescan()).repaired).toEqual([]);
  await Promise.all(ports.map(({ id }) => house.network.detach({ portId: id })));
  const { lines, plugs, sockets } = panel.state();
  expect({ lines, plugs }).toEqual({ lines: {}, plugs: {} });
  expect(Object.values(sockets).every((members) => Object.keys(members).length === 0)).toBe(true);
});

test("a port that one leaves while another comes to its trunk keeps the trunk's VLAN", async () => {
  await using house = await WiredHouse.open();
  const { network, ports } = await house.build(2);
  const { panel } = house.at();
  const [one, two] = ports.map(({ id }) => id);
  await house.attach(one!, trunk(1));
  for (let round = 0; round < 20; round++) {
    const [leaves, comes] = round % 2 === 0 ? [one!, two!] : [two!, one!];
    await Promise.all([house.network.detach({ portId: leaves }), house.attach(comes, trunk(1))]);
    expect(panel.state().sockets["switchport port1"]).toHaveProperty([`dc1/${network.vlanId}`]);
    expect(panel.state().lines).toHaveProperty([`dc1/${network.vlanId}`]);
  }
  expect((await house.rescan()).repaired).toEqual([]);
});

test("what attaching and detaching would send is told, and nothing is sent", async () => {
  await using house = await WiredHouse.open();
  const { port } = await house.build();
  const { address, panel } = house.at();
  const { commands } = await house.network.plan({ change: "attach", portId: port.id, host: address });
  expect(commands.map((command) => command.split(" ", 2).join(" "))).toContain("line add");
  expect(panel.log).toEqual([]);
  await house.attach(port.id);
  expect((await house.network.plan({ change: "attach", portId: port.id, host: address })).commands).toEqual([]);
  const before = panel.log.length;
  const leaving = (await house.network.plan({ change: "detach", portId: port.id })).commands;
  expect(leaving.map((command) => command.split(" ", 2).join(" "))).toContain("plug delete");
  expect(panel.log).toHaveLength(before);
  await house.network.detach({ portId: port.id });
  expect((await house.network.plan({ change: "detach", portId: port.id })).commands).toEqual([]);
});
