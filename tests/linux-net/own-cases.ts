import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import type { DriverSession } from "@reeve/driver-sdk";
import { type AttachmentSpec, markOf, type NetworkInventory, type Point } from "@reeve/driver-sdk/network";
import { dump, factOf, tool } from "./tool.ts";

/** A driver that is set up on a host with nothing but an uplink. */
export interface Scene {
  readonly session: DriverSession;
}

const log = { debug() {}, info() {}, warn() {}, error() {} };
const call = { signal: new AbortController().signal, log, epoch: 1, progress() {} };

const network = {
  networkId: "red",
  segment: { kind: "flat" },
  physicalNetwork: "dc1",
  mtu: 1450,
  name: "red",
} as const;

function port(n: number, point: Point = { kind: "netns" }): AttachmentSpec {
  return {
    ...network,
    portId: `port-${n}`,
    generation: 1,
    mac: `fa:16:3e:00:00:0${n}`,
    addresses: [`10.8.0.${n}/24`, `fd00:8::${n}/64`],
    gateways: ["10.8.0.254", "fd00:8::fe"],
    point,
  };
}

const attach = ({ session }: Scene, spec: AttachmentSpec) => session.methods.attach!(spec, call);
const detach = ({ session }: Scene, spec: AttachmentSpec) => session.methods.detach!({ ...spec, last: true }, call);
const ensure = ({ session }: Scene) => session.methods.ensureSegment!(network, call);
const list = async ({ session }: Scene) => (await session.methods.list!(undefined, call)) as NetworkInventory;
async function planned({ session }: Scene, change: string, spec: object): Promise<readonly string[]> {
  const plan = await session.abilities.plan!.plan!({ change, ...spec }, call);
  return (plan as { commands: readonly string[] }).commands;
}
const isWhole = ({ attachments, leftovers }: NetworkInventory) =>
  attachments.length === 1 && attachments[0]!.differs.length === 0 && leftovers.length === 0;

/** Types a planned command, as an operator would. */
async function type(command: string): Promise<void> {
  const words = command.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ""));
  if (words[0] !== "sysctl") return void (await tool(words[0]!, ...words.slice(1)));
  const [key = "", value = ""] = words[2]!.split("=");
  await writeFile(`/proc/sys/${key.replaceAll(".", "/")}`, value);
}

async function pings(namespace: string, to: string): Promise<boolean> {
  const args = ["netns", "exec", namespace, "ping", "-c", "1", "-W", "1", to];
  return tool("ip", ...args).then(
    () => true,
    () => false,
  );
}

/** Bounded: an IPv6 address is tentative for two seconds. */
async function pingsSoon(namespace: string, to: string): Promise<void> {
  for (let tries = 0; tries < 30; tries += 1) if (await pings(namespace, to)) return;
  assert.fail(`${namespace} does not reach ${to}`);
}

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
    const bridge = `rvb${markOf("dc1")}`;
    await tool("ip", "link", "add", "name", "member", "master", bridge, "type", "veth", "peer", "name", "other");
    const remove = () => scene.session.methods.removeSegment!(network, call);
    const foreign = async () =>
      (await dump()).filter(({ ifname }) => /^(member|other)$/.test(ifname ?? "")).map(factOf);
    const before = await foreign();
    await remove();
    assert.deepEqual(await foreign(), before);
    const { segments, foreign: listed } = await list(scene);
    assert.deepEqual([segments, listed.map(({ what }) => what)], [[], ["link member"]]);
    assert.equal((await dump()).find(({ ifname }) => ifname === "up0")?.master, bridge);
    await tool("ip", "link", "del", "dev", "member");
    await remove();
    assert.ok(!(await dump()).some(({ ifname, master }) => ifname === bridge || master === bridge));
  },
  "no bridge and no host's end of a port speaks IPv6": async (scene) => {
    await ensure(scene);
    for (const [n, [, point]] of points.entries()) await attach(scene, port(n + 1, point));
    const ours = (await dump()).filter(({ group }) => group === "7238");
    assert.ok(ours.length >= 4);
    for (const { ifname, addr_info: addresses } of ours) assert.deepEqual(addresses, [], ifname);
  },
  ...Object.fromEntries(
    points.flatMap(([what, point]) => [
      [
        `attaching in ${what} may end after any command: what there is carries nothing or is listed, and attaching and detaching heal it`,
        async (scene: Scene) => {
          await ensure(scene);
          const commands = await planned(scene, "attach", port(1, point));
          assert.ok(commands.length > 4, commands.join("\n"));
          const bare = (await dump()).map(factOf);
          for (let done = 0; done <= commands.length; done += 1) {
            for (const healing of ["attach", "detach"] as const) {
              for (const command of commands.slice(0, done)) await type(command);
              const seen = await list(scene);
              const told = seen.leftovers.length > 0 || seen.attachments.some(({ differs }) => differs.length > 0);
              assert.equal(
                told,
                done > 0 && done < commands.length,
                `after ${commands[done - 1]}: ${JSON.stringify(seen)}`,
              );
              const carries = (await dump()).some(
                ({ ifname, flags }) => ifname?.startsWith("rvp") && flags?.includes("UP"),
              );
              assert.equal(carries, done === commands.length, `after ${commands[done - 1]}`);
              if (healing === "attach") await attach(scene, port(1, point));
              if (healing === "attach") assert.ok(isWhole(await list(scene)), `healed after ${commands[done - 1]}`);
              await detach(scene, port(1, point));
              assert.deepEqual((await dump()).map(factOf), bare, `detached after ${commands[done - 1]}`);
              assert.deepEqual((await list(scene)).leftovers, []);
            }
          }
        },
      ],
      [
        `detaching from ${what} may end after any command, and detaching again ends it`,
        async (scene: Scene) => {
          await ensure(scene);
          const bare = (await dump()).map(factOf);
          await attach(scene, port(1, point));
          const commands = await planned(scene, "detach", { ...port(1, point), last: true });
          for (let done = 0; done <= commands.length; done += 1) {
            await attach(scene, port(1, point));
            for (const command of commands.slice(0, done)) await type(command);
            const { leftovers, attachments } = await list(scene);
            assert.equal(leftovers.length + attachments.length, done < commands.length ? 1 : 0);
            await detach(scene, port(1, point));
            assert.deepEqual((await dump()).map(factOf), bare);
          }
        },
      ],
    ]),
  ),
};
