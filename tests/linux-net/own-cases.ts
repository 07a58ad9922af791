import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { markOf, type Point } from "@reeve/driver-sdk/network";
import { byTurns, interruptedCases } from "./interrupted-cases.ts";
import {
  attach,
  call,
  detach,
  ensure,
  flatNetwork,
  isSilent,
  isWhole,
  list,
  pingsSoon,
  planned,
  port as portOf,
  remove,
  type Scene,
} from "./scene.ts";
import { dump, factOf, tool } from "./tool.ts";

const port = (n: number, point?: Point) => portOf(flatNetwork, n, point);

const points: readonly (readonly [what: string, point: Point])[] = [
  ["a namespace of its own", { kind: "netns" }],
  ["a tap", { kind: "tap" }],
];

/** What the suite of the port cannot know of: namespaces that the driver makes, half of a batch, files that were left. */
export const ownCases: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  "two ports reach each other by IPv4 and IPv6, with a default route each": async (scene) => {
    await ensure(scene);
    for (const n of [1, 2]) await attach(scene, port(n));
    await pingsSoon("rv-7238-port-1", "10.8.0.2");
    await pingsSoon("rv-7238-port-1", "fd00:8::2");
    const routes = await tool("ip", "-n", "rv-7238-port-1", "route", "show", "default");
    const routes6 = await tool("ip", "-n", "rv-7238-port-1", "-6", "route", "show", "default");
    assert.match(routes, /via 10\.8\.0\.254 dev eth0/);
    assert.match(routes6, /via fd00:8::fe dev eth0/);
    assert.deepEqual(await planned(scene, "attach", port(1)), []);
  },
  "other addresses and gateways are those that a port has afterwards, and no more": async (scene) => {
    await ensure(scene);
    await attach(scene, port(1));
    const other = { ...port(1), addresses: ["10.8.0.77/24"], gateways: ["10.8.0.253"], mtu: 1400 };
    await attach(scene, other);
    const [, eth0] = await dump("rv-7238-port-1");
    assert.equal(eth0?.mtu, 1400);
    assert.deepEqual(
      eth0?.addr_info?.filter(({ scope }) => scope === "global").map(({ local }) => local),
      ["10.8.0.77"],
    );
    assert.equal((await tool("ip", "-n", "rv-7238-port-1", "route", "show", "default")).trim().split("\n").length, 1);
    assert.deepEqual(await planned(scene, "attach", other), []);
  },
  "a MAC, a name and an address that were changed inside are as they were after attaching again": async (scene) => {
    await ensure(scene);
    await attach(scene, port(1));
    const before = (await dump("rv-7238-port-1")).map(factOf);
    const inside = ["-n", "rv-7238-port-1"];
    for (const line of [
      ["link", "set", "dev", "eth0", "address", "fa:16:3e:00:00:99"],
      ["link", "set", "dev", "eth0", "mtu", "1300"],
      ["link", "set", "dev", "eth0", "down"],
      ["address", "flush", "dev", "eth0"],
      ["address", "add", "192.0.2.9/24", "dev", "eth0"],
      ["link", "set", "dev", "eth0", "name", "renamed"],
      ["link", "del", "dev", "eth0"],
    ]) {
      await tool("ip", ...inside, ...line);
      await attach(scene, port(1));
      assert.deepEqual((await dump("rv-7238-port-1")).map(factOf), before, line.join(" "));
    }
  },
  "a namespace that was wiped is seen, and made again": async (scene) => {
    await ensure(scene);
    await attach(scene, port(1));
    await tool("ip", "netns", "del", "rv-7238-port-1");
    // The kernel takes the link with it a little later.
    for (let tries = 0; isWhole(await list(scene)); tries += 1) assert.ok(tries < 200, "the list does not tell");
    await attach(scene, port(1));
    assert.ok(isWhole(await list(scene)));
  },
  "a file that a killed `ip netns add` left is no obstacle": async (scene) => {
    await ensure(scene);
    await tool("ip", "netns", "add", "first");
    await writeFile("/run/netns/rv-7238-port-1", "");
    const { leftovers } = await list(scene);
    assert.deepEqual(
      leftovers.map(({ mark }) => mark),
      [markOf("port-1")],
    );
    await attach(scene, port(1));
    assert.ok(isWhole(await list(scene)));
    await detach(scene, port(1));
    await writeFile("/run/netns/rv-7238-port-1", "");
    await detach(scene, port(1));
    assert.deepEqual((await list(scene)).leftovers, []);
  },
  "a tap without our group is foreign, and so is another kind of link with our group": async (scene) => {
    await ensure(scene);
    const name = `rvp${markOf("port-1")}`;
    for (const lines of [
      [["tuntap", "add", "dev", name, "mode", "tap"]],
      [["link", "add", "name", name, "group", "7238", "type", "bridge"]],
    ]) {
      for (const line of lines) await tool("ip", ...line);
      const before = (await dump()).map(factOf);
      await assert.rejects(attach(scene, port(1, { kind: "tap" })) as Promise<unknown>, {
        code: "FAILED_PRECONDITION",
      });
      assert.deepEqual((await dump()).map(factOf), before);
      await tool("ip", "link", "del", "dev", name);
    }
  },
  "an uplink with an address or another master is refused and left alone": async (scene) => {
    await tool("ip", "address", "add", "192.0.2.1/24", "dev", "up0");
    const before = (await dump()).map(factOf);
    await assert.rejects(ensure(scene) as Promise<unknown>, /up0 .*192\.0\.2\.1\/24/);
    assert.deepEqual((await dump()).map(factOf), before);
    await tool("ip", "address", "flush", "dev", "up0");
    await tool("ip", "link", "set", "dev", "up0", "master", "theirs");
    await assert.rejects(ensure(scene) as Promise<unknown>, /up0 .*member of theirs/);
    assert.match((await list(scene)).foreign.map(({ what }) => what).join(), /up0/);
  },
  "a foreign member keeps the bridge and the uplink in it, as long as it is there": async (scene) => {
    await ensure(scene);
    const bridge = bridgeOf("dc1");
    await tool("ip", "link", "add", "name", "member", "master", bridge, "type", "veth", "peer", "name", "other");
    const foreign = async () =>
      (await dump()).filter(({ ifname }) => /^(member|other)$/.test(ifname ?? "")).map(factOf);
    const before = await foreign();
    await remove(scene);
    assert.deepEqual(await foreign(), before);
    const { segments, foreign: listed } = await list(scene);
    assert.deepEqual([segments, listed.map(({ what }) => what)], [[], ["link member"]]);
    assert.equal((await dump()).find(({ ifname }) => ifname === "up0")?.master, bridge);
    await tool("ip", "link", "del", "dev", "member");
    await remove(scene);
    assert.ok(!(await dump()).some(({ ifname, master }) => ifname === bridge || master === bridge));
  },
  "ports that share a namespace have their default routes each, and attaching one again leaves the other's": async (
    scene,
  ) => {
    await ensure(scene);
    const sharing = (n: number) => port(n, { kind: "netns", namespace: "shared", interface: `port${n}` });
    for (const n of [1, 2, 1]) await attach(scene, sharing(n));
    for (const n of [1, 2]) assert.deepEqual(await planned(scene, "attach", sharing(n)), []);
    const other = { ...sharing(1), gateways: ["10.8.0.253", "fd00:8::fd"] };
    await attach(scene, other);
    for (const spec of [other, sharing(2)]) assert.deepEqual(await planned(scene, "attach", spec), []);
  },
  "somebody's interface that has the port's name in its namespace is FAILED_PRECONDITION, and stays": async (scene) => {
    await ensure(scene);
    await tool("ip", "-n", "shared", "link", "add", "name", "eth0", "type", "bridge");
    const before = (await dump("shared")).map(factOf);
    const attaching = attach(scene, port(1, { kind: "netns", namespace: "shared" })) as Promise<unknown>;
    await assert.rejects(attaching, { code: "FAILED_PRECONDITION" });
    assert.deepEqual((await dump("shared")).map(factOf), before);
    await tool("ip", "-n", "shared", "link", "del", "dev", "eth0");
  },
  "a guard of a stale generation is ABORTED": async (scene) => {
    await ensure(scene);
    await attach(scene, { ...port(1), generation: 2 });
    const guarding = scene.session.abilities.guard!.apply!(port(1), call) as Promise<unknown>;
    await assert.rejects(guarding, { code: "ABORTED" });
  },
  "a bridge keeps its MAC and its MTU, whatever joins it": async (scene) => {
    await ensure(scene);
    const name = bridgeOf("dc1");
    const bridge = async () => factOf((await dump()).find(({ ifname }) => ifname === name)!);
    const before = await bridge();
    const low = ["address", "02:00:00:00:00:01", "mtu", "1300"];
    await tool("ip", "link", "add", "name", "member", "master", name, ...low, "type", "veth", "peer", "name", "other");
    assert.equal(await bridge(), before);
  },
  "a bridge to which an operator gave an address stays, with the uplink in it": (scene) =>
    staysWith(scene, "address", "add", "192.0.2.9/24", "dev", bridgeOf("dc1")),
  "a call starts few programs": async (scene) => {
    const started = async (call: () => unknown) => {
      const before = scene.programs();
      await call();
      return scene.programs() - before;
    };
    const guard = () => scene.session.abilities.guard!.apply!(port(1), call);
    const counts: [most: number, call: () => unknown][] = [
      [5, () => ensure(scene)],
      [2, () => ensure(scene)],
      [4, () => attach(scene, port(1))],
      [2, guard],
      [3, () => attach(scene, port(1))],
      [3, () => attach(scene, port(2, { kind: "tap" }))],
      [2, () => list(scene)],
      [2, () => detach(scene, port(1))],
      [2, () => detach(scene, port(2))],
      [1, () => detach(scene, port(2))],
      [3, () => remove(scene)],
    ];
    for (const [n, [most, call]] of counts.entries()) {
      const count = await started(call);
      assert.ok(count <= most, `call ${n + 1} started ${count} programs instead of ${most}`);
    }
  },
  "no bridge and no host's end of a port speaks IPv6": async (scene) => {
    await ensure(scene);
    for (const [n, [, point]] of points.entries()) await attach(scene, port(n + 1, point));
    assert.ok(await isSilent());
  },
  ...interruptedCases(points),
};

/** What else is to be seen where bridges tell VLANs apart: there the VLAN is the last step. */
export const vlanCases: typeof ownCases = {
  "a bridge upon which an interface lies stays, with the uplink in it": (scene) =>
    staysWith(scene, "link", "add", "link", bridgeOf("dc1"), "name", "upon", "type", "vlan", "id", "7"),
  ...interruptedCases([["a namespace of its own", { kind: "netns" }]], byTurns),
};

function bridgeOf(physicalNetwork: string): string {
  return `rvb${markOf(physicalNetwork)}`;
}

async function staysWith(scene: Scene, ...line: string[]): Promise<void> {
  await ensure(scene);
  await tool("ip", ...line);
  await remove(scene);
  assert.equal((await dump()).find(({ ifname }) => ifname === "up0")?.master, bridgeOf("dc1"));
}
