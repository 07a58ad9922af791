import { networkStore } from "@reeve/managers/network";
import { sqlite } from "@reeve/runtime/sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StoreByHand } from "../volume/by-hand.ts";
import { NetworkHouse, outcomes, times } from "./ipam-house.ts";

let house: NetworkHouse;
let store: StoreByHand;
beforeAll(async () => {
  store = new StoreByHand(sqlite({ path: ":memory:" }));
  house = await NetworkHouse.open({ store });
});
afterAll(() => house[Symbol.asyncDispose]());

type Options = Omit<Parameters<ReturnType<NetworkHouse["at"]>["createPort"]>[0], "networkId" | "name">;
const create = (networkId: string, options: Options = {}, where = house) =>
  where.at("one").createPort({ networkId, name: "p", ...options });
type Made = Awaited<ReturnType<typeof create>>;
const ipsOf = ({ addresses }: Made) => addresses.map(({ ip }) => ip);

describe("a port gets", () => {
  test.each([
    ["10.0.0.0/30", ["10.0.0.2"]],
    ["10.0.0.0/31", ["10.0.0.1"]],
    ["10.0.0.7/32", ["10.0.0.7"]],
    ["fd00::/126", ["fd00::2", "fd00::3"]],
    ["fd00::/127", ["fd00::1"]],
    ["fd00::7/128", ["fd00::7"]],
  ])("an address of %s while there is one: %j", async (cidr, ips) => {
    const { networkId, id } = await house.subnet(cidr);
    const made = [];
    for (const _ of ips) made.push(...ipsOf(await create(networkId)));
    expect(made).toEqual(ips);
    const [size, used] = [String(ips.length), String(ips.length)];
    const refused = { code: "RESOURCE_EXHAUSTED", reason: "NO_ADDRESS_LEFT", data: { subnetId: id, size, used } };
    await expect(create(networkId)).rejects.toMatchObject(refused);
  });

  test("an address of a /64 without a look at more than what is taken", async () => {
    const { networkId } = await house.subnet("fd00::/64");
    expect(ipsOf(await create(networkId))).toEqual(["fd00::2"]);
    expect(ipsOf(await create(networkId, { addresses: [{ ip: "fd00::ffff:0:0:1" }] }))).toEqual(["fd00::ffff:0:0:1"]);
    expect(ipsOf(await create(networkId))).toEqual(["fd00::3"]);
    const [{ size, used, free }] = (await house.at("two").usage({ networkId })).subnets as never as [
      Record<string, string>,
    ];
    expect({ size, used, free }).toEqual({ size: String(2n ** 64n - 2n), used: "3", free: String(2n ** 64n - 5n) });
  });

  test("the last address of a full /20, and nothing once that is gone", async () => {
    const { networkId, id } = await house.subnet("10.0.0.0/20");
    // All but one of its 4,093.
    await store.write(
      networkStore,
      `insert into network_addresses (subnetId, hex, ip, portId)
       with recursive n(n) as (select 2 union all select n + 1 from n where n < 4094)
       select ?, printf('00000000000000000000ffff0a00%04x', n), 'by hand', 'by hand' from n where n <> 3001`,
      [id],
    );
    expect(ipsOf(await create(networkId))).toEqual(["10.0.11.185"]);
    await expect(create(networkId)).rejects.toMatchObject({ data: { size: "4093", used: "4093" } });
  });

  test("an address of each subnet, or of those that are named, or none", async () => {
    const { networkId, id } = await house.subnet("10.0.0.0/24");
    const second = await house.at("two").createSubnet({ networkId, cidr: "fd00::/64" });
    expect((await create(networkId)).addresses).toEqual([
      { subnetId: id, ip: "10.0.0.2" },
      { subnetId: second.id, ip: "fd00::2" },
    ]);
    const wishes = [{ subnetId: id }, { subnetId: id }, { ip: "10.0.0.3" }, { subnetId: second.id, ip: "FD00:0::9" }];
    const port = await create(networkId, { addresses: wishes });
    // What is named is claimed first, so that it is not the port's own as any.
    expect(ipsOf(port)).toEqual(["10.0.0.3", "10.0.0.4", "10.0.0.5", "fd00::9"]);
    expect(await house.at("two").getPort({ id: port.id })).toEqual(port);
    expect((await create(networkId, { addresses: [] })).addresses).toEqual([]);
  });

  test("what no port has, no gateway and no operator keeps: reservations are passed over", async () => {
    const { networkId } = await house.subnet("10.0.0.0/29", { reserved: ["10.0.0.2", "10.0.0.4"] });
    expect((await outcomes(times(5, () => create(networkId)))).refused).toEqual({ NO_ADDRESS_LEFT: 2 });
    const { items } = await house.at("one").listPorts({ filter: { networkId } });
    expect(items.flatMap(ipsOf)).toEqual(["10.0.0.3", "10.0.0.5", "10.0.0.6"]);
    expect((await house.at("one").usage({ networkId })).subnets).toMatchObject([{ size: "3", used: "3", free: "0" }]);
  });

  test("a named address that lies out of the pools, which counts as used and takes nothing of the pools", async () => {
    const { networkId } = await house.subnet("10.0.0.0/24", { pools: [{ first: "10.0.0.10", last: "10.0.0.19" }] });
    await create(networkId, { addresses: [{ ip: "10.0.0.77" }] });
    expect((await house.at("one").usage({ networkId })).subnets).toMatchObject([{ size: "10", used: "1", free: "10" }]);
  });
});

describe("a port is refused", () => {
  test.each([
    ["ADDRESS_NOT_IN_SUBNET", "10.0.1.7", { ip: "10.0.1.7" }],
    ["ADDRESS_NOT_IN_SUBNET", "fd00::7", { ip: "fd00::7" }],
    ["ADDRESS_RESERVED", "10.0.0.0", { why: "it is the network's own address" }],
    ["ADDRESS_RESERVED", "10.0.0.255", { why: "it is the broadcast address" }],
    ["ADDRESS_RESERVED", "10.0.0.1", { why: "it is the gateway's" }],
    ["ADDRESS_RESERVED", "10.0.0.9", { ip: "10.0.0.9", why: "it is reserved" }],
  ])("with %s: %s", async (reason, ip, data) => {
    const { networkId } = await house.subnet("10.0.0.0/24", { reserved: ["10.0.0.9"] });
    const refused = { code: "INVALID_ARGUMENT", reason, data };
    await expect(create(networkId, { addresses: [{ ip }] })).rejects.toMatchObject(refused);
    expect(await house.at("one").usage({ networkId })).toMatchObject({ ports: 0, subnets: [{ used: "0" }] });
  });

  test("an address that another port has", async () => {
    const { networkId } = await house.subnet("10.0.0.0/24");
    const { id } = await create(networkId);
    const taken = { code: "ALREADY_EXISTS", reason: "IP_IN_USE", data: { ip: "10.0.0.2", portId: id } };
    await expect(create(networkId, { addresses: [{ ip: "10.0.0.2" }] })).rejects.toMatchObject(taken);
    // Nothing is kept of what was refused.
    expect(ipsOf(await create(networkId, { addresses: [{ ip: "10.0.0.7" }] }))).toEqual(["10.0.0.7"]);
  });

  test("an address of a subnet that is not its network's", async () => {
    const { networkId, id } = await house.subnet("10.0.0.0/24");
    const other = await house.subnet("10.0.1.0/24");
    const refused = { reason: "ROW_NOT_FOUND", data: { table: "subnets", key: other.id } };
    await expect(create(networkId, { addresses: [{ subnetId: other.id }] })).rejects.toMatchObject(refused);
    const outside = create(networkId, { addresses: [{ subnetId: id, ip: "10.0.1.7" }] });
    await expect(outside).rejects.toMatchObject({ reason: "ADDRESS_NOT_IN_SUBNET", data: { ip: "10.0.1.7" } });
    await expect(create(networkId, { addresses: [{}] })).rejects.toMatchObject({ reason: "INVALID_INPUT" });
  });

  test("a MAC that another port of its network has, in whatever case, or that no interface has", async () => {
    const { networkId } = await house.subnet("10.0.0.0/24");
    const { id, mac } = await create(networkId, { mac: "02:00:00:00:00:0A" });
    expect(mac).toBe("02:00:00:00:00:0a");
    const refused = { code: "ALREADY_EXISTS", reason: "MAC_IN_USE", data: { mac, portId: id } };
    await expect(create(networkId, { mac: "02:00:00:00:00:0a" })).rejects.toMatchObject(refused);
    for (const none of ["01:00:5e:00:00:01", "00:00:00:00:00:00"])
      await expect(create(networkId, { mac: none })).rejects.toMatchObject({ reason: "INVALID_INPUT" });
    const other = await house.network();
    await create(other.id, { mac });
  });
});

describe("where addresses are made from MACs", () => {
  test("a port has the one that its MAC makes, and can name no other", async () => {
    const { networkId } = await house.subnet("fd00::/64", { addressMode: "eui64" });
    const mac = "fa:16:3e:00:00:01";
    const other = create(networkId, { mac, addresses: [{ ip: "fd00::7" }] });
    const why = expect.stringMatching(/fa:16:3e:00:00:01 makes fd00::f816:3eff:fe00:1/);
    await expect(other).rejects.toMatchObject({ reason: "ADDRESS_RESERVED", data: { ip: "fd00::7", why } });
    const named = await create(networkId, { mac, addresses: [{ ip: "fd00::f816:3eff:fe00:1" }] });
    expect(ipsOf(named)).toEqual(["fd00::f816:3eff:fe00:1"]);
    expect(ipsOf(await create(networkId, { mac: "fa:16:3e:00:00:02" }))).toEqual(["fd00::f816:3eff:fe00:2"]);
    const [generated] = ipsOf(await create(networkId));
    expect(generated).toMatch(/^fd00::f816:3eff:fe/);
    await expect(create(networkId, { mac })).rejects.toMatchObject({ reason: "MAC_IN_USE" });
  });

  test("one that is reserved is given to nobody", async () => {
    const reserved = ["fd00::f816:3eff:fe00:1"];
    const { networkId } = await house.subnet("fd00::/64", { addressMode: "eui64", reserved });
    const refused = create(networkId, { mac: "fa:16:3e:00:00:01" });
    await expect(refused).rejects.toMatchObject({ reason: "ADDRESS_RESERVED", data: { why: "it is reserved" } });
  });
});

describe("a port is deleted", () => {
  const point = { kind: "tap" } as const;

  test("when it is down, with its addresses and its MAC", async () => {
    const { networkId } = await house.subnet("10.0.0.0/30");
    const { id, mac } = await create(networkId);
    await house.at("two").deletePort({ id });
    await expect(house.at("one").deletePort({ id })).rejects.toMatchObject({ reason: "ROW_NOT_FOUND" });
    expect(ipsOf(await create(networkId, { mac }))).toEqual(["10.0.0.2"]);
  });

  test("not while it is attached, nor while it is becoming or ceasing to be", async () => {
    const { networkId } = await house.subnet("10.0.0.0/24");
    const { id } = await create(networkId);
    await house.at("one").attach({ portId: id, host: "host@one", as: point }).result;
    const active = { code: "FAILED_PRECONDITION", reason: "WRONG_STATUS", data: { status: "active" } };
    await expect(house.at("two").deletePort({ id })).rejects.toMatchObject(active);
    for (const status of ["attaching", "detaching", "error"]) {
      await store.write(networkStore, "update network_ports set status = ? where id = ?", [status, id]);
      await expect(house.at("two").deletePort({ id })).rejects.toMatchObject({
        reason: "WRONG_STATUS",
        data: { status },
      });
    }
    await store.write(networkStore, "update network_ports set status = 'active' where id = ?", [id]);
    await house.at("one").detach({ portId: id });
    await house.at("two").deletePort({ id });
    expect(await house.at("one").usage({ networkId })).toMatchObject({
      ports: 0,
      attached: 0,
      subnets: [{ used: "0" }],
    });
  });

  test("in error as well when it is attached nowhere", async () => {
    const { networkId } = await house.subnet("10.0.0.0/24");
    const { id } = await create(networkId);
    await store.write(networkStore, "update network_ports set status = 'error' where id = ?", [id]);
    await house.at("two").deletePort({ id });
  });

  test("beside an attachment, of which one is refused", async () => {
    const { networkId } = await house.subnet("10.0.0.0/24");
    for (const first of ["attach", "delete", "attach", "delete"]) {
      const { id } = await create(networkId);
      const attach = () => house.at("one").attach({ portId: id, host: "host@one", as: point }).result;
      const remove = () => house.at("two").deletePort({ id });
      const [attaching, deleting] = first === "attach" ? [attach(), remove()] : [remove(), attach()].toReversed();
      const [attached, deleted] = await Promise.allSettled([attaching, deleting]);
      expect([attached, deleted].filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      if (attached.status === "rejected") expect(attached.reason).toMatchObject({ reason: "ROW_NOT_FOUND" });
      if (deleted.status === "rejected") expect(deleted.reason).toMatchObject({ reason: "WRONG_STATUS" });
      const { ports, attached: count } = await house.at("one").usage({ networkId });
      expect(ports).toBe(count);
    }
  });
});

test("ports are listed by network, host and status, page by page, each with its addresses", async () => {
  await using own = await NetworkHouse.open();
  const { networkId } = await own.subnet("10.0.0.0/24");
  const other = await own.subnet("10.0.0.0/24");
  const made = [];
  for (let n = 0; n < 4; n++) made.push(await create(n === 3 ? other.networkId : networkId, {}, own));
  const [first, second, third, fourth] = made as [Made, Made, Made, Made];
  await own.at("one").attach({ portId: second.id, host: "host@one", as: { kind: "tap" } }).result;
  const list = own.at("two").listPorts;
  const idsOf = ({ items }: Awaited<ReturnType<typeof list>>) => items.map(({ id }) => id);
  expect(idsOf(await list({ filter: { networkId } }))).toEqual([first.id, second.id, third.id]);
  expect(idsOf(await list({ filter: { status: "down" } }))).toEqual([first.id, third.id, fourth.id]);
  expect(idsOf(await list({ filter: { host: "host@two" } }))).toEqual([]);
  const [attached] = (await list({ filter: { host: "host@one", status: "active" } })).items;
  expect(attached).toMatchObject({
    id: second.id,
    host: "host@one",
    wire: { kind: "tap" },
    addresses: second.addresses,
  });
  const page = await list({ limit: 2 });
  expect(page.items[0]).toEqual(first);
  expect(idsOf(await list({ limit: 2, cursor: page.next! }))).toEqual([third.id, fourth.id]);
  expect(await own.at("flat").getPort({ id: first.id })).toEqual(first);
});

test("an address that is asked for twice is named, and nothing is taken for it", async () => {
  const { networkId } = await house.subnet("10.0.0.0/24");
  const twice = create(networkId, { addresses: [{ ip: "10.0.0.7" }, { ip: "10.0.0.8" }, { ip: "10.0.0.7" }] });
  await expect(twice).rejects.toMatchObject({
    reason: "INVALID_INPUT",
    message: expect.stringContaining("addresses.2.ip: 10.0.0.7 is there twice"),
  });
  expect(await house.at("one").usage({ networkId })).toMatchObject({ ports: 0, subnets: [{ used: "0" }] });
});

test.each([{}, { networkId: "n", physicalNetwork: "dc1" }])("usage asked for %j says what it wants", async (of) => {
  const asked = house.at("one").usage(of);
  await expect(asked).rejects.toMatchObject({
    reason: "INVALID_INPUT",
    message: expect.stringContaining("name a network or a physical network, and not both"),
  });
});
