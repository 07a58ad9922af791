import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NetworkHouse } from "./ipam-house.ts";

let house: NetworkHouse;
beforeEach(async () => {
  house = await NetworkHouse.open();
});
afterEach(() => house[Symbol.asyncDispose]());

describe("a subnet has by default", () => {
  test.each([
    ["10.0.0.0/24", "10.0.0.1", [["10.0.0.2", "10.0.0.254"]]],
    ["10.0.0.0/30", "10.0.0.1", [["10.0.0.2", "10.0.0.2"]]],
    ["10.0.0.0/31", "10.0.0.0", [["10.0.0.1", "10.0.0.1"]]],
    ["10.0.0.7/32", null, [["10.0.0.7", "10.0.0.7"]]],
    ["FD00::/64", "fd00::1", [["fd00::2", "fd00::ffff:ffff:ffff:ffff"]]],
    ["fd00::/127", "fd00::", [["fd00::1", "fd00::1"]]],
    ["fd00::7/128", null, [["fd00::7", "fd00::7"]]],
  ])("%s: the gateway %s and the pools %j", async (cidr, gateway, pools) => {
    const subnet = await house.subnet(cidr);
    expect(subnet).toMatchObject({
      name: cidr.toLowerCase(),
      cidr: cidr.toLowerCase(),
      gateway,
      reserved: [],
      addressMode: "static",
    });
    expect(subnet.pools).toEqual(pools.map(([first, last]) => ({ first, last })));
    expect(await house.at("flat").getSubnet({ id: subnet.id })).toEqual(subnet);
  });

  test("pools round a gateway in the middle", async () => {
    const { pools } = await house.subnet("10.0.0.0/24", { gateway: "10.0.0.9" });
    expect(pools).toEqual([
      { first: "10.0.0.1", last: "10.0.0.8" },
      { first: "10.0.0.10", last: "10.0.0.254" },
    ]);
  });
});

test("a subnet keeps its pools and reservations in order, in canonical text", async () => {
  const subnet = await house.subnet("fd00::/64", {
    name: "lab",
    gateway: null,
    pools: [
      { first: "FD00::100", last: "fd00:0::1ff" },
      { first: "fd00::10", last: "fd00::1f" },
    ],
    reserved: ["fd00::0105", "fd00::12", "FD00::12"],
  });
  expect(subnet).toMatchObject({
    name: "lab",
    gateway: null,
    pools: [
      { first: "fd00::10", last: "fd00::1f" },
      { first: "fd00::100", last: "fd00::1ff" },
    ],
    reserved: ["fd00::12", "fd00::105"],
  });
});

describe("a subnet is refused", () => {
  const pool = (first: string, last: string) => ({ pools: [{ first, last }] });
  test.each([
    ["INVALID_CIDR", "10.0.0.1/24", {}, { cidr: "10.0.0.1/24", why: expect.stringMatching(/10\.0\.0\.0\/24/) }],
    ["INVALID_CIDR", "0.0.0.0/0", {}, { why: expect.stringMatching(/from 1 to 32/) }],
    ["INVALID_CIDR", "::ffff:10.0.0.0/120", {}, { why: expect.stringMatching(/maps it into IPv6/) }],
    ["INVALID_CIDR", "10.0.0.0/24", { addressMode: "eui64" }, { why: expect.stringMatching(/IPv6 block .* 64/) }],
    ["INVALID_CIDR", "fd00::/65", { addressMode: "eui64" }, { why: expect.stringMatching(/IPv6 block .* 64/) }],
    ["ADDRESS_NOT_IN_SUBNET", "10.0.0.0/24", { gateway: "10.0.1.1" }, { ip: "10.0.1.1" }],
    ["ADDRESS_NOT_IN_SUBNET", "10.0.0.0/24", { gateway: "fd00::1" }, { ip: "fd00::1" }],
    ["ADDRESS_NOT_IN_SUBNET", "10.0.0.0/24", { reserved: ["10.0.1.0"] }, { ip: "10.0.1.0" }],
    [
      "ADDRESS_RESERVED",
      "10.0.0.0/24",
      { gateway: "10.0.0.0" },
      { ip: "10.0.0.0", why: "it is the network's own address" },
    ],
    ["ADDRESS_RESERVED", "10.0.0.0/24", { gateway: "10.0.0.255" }, { why: "it is the broadcast address" }],
    ["ADDRESS_RESERVED", "fd00::/64", { gateway: "fd00::" }, { why: "it is the subnet-router anycast address" }],
    ["GATEWAY_IN_POOL", "10.0.0.0/24", pool("10.0.0.1", "10.0.0.9"), { gateway: "10.0.0.1" }],
    [
      "POOL_OUTSIDE",
      "10.0.0.0/24",
      pool("10.0.0.9", "10.0.1.9"),
      { last: "10.0.1.9", why: "10.0.1.9 is not in 10.0.0.0/24" },
    ],
    ["POOL_OUTSIDE", "10.0.0.0/24", pool("fd00::1", "fd00::2"), { why: "fd00::1 is not in 10.0.0.0/24" }],
    ["POOL_OUTSIDE", "10.0.0.0/24", pool("10.0.0.9", "10.0.0.255"), { why: "10.0.0.255: it is the broadcast address" }],
    ["POOL_OUTSIDE", "10.0.0.0/24", pool("10.0.0.9", "10.0.0.8"), { why: "expected the lower address first" }],
    [
      "POOL_OUTSIDE",
      "fd00::/64",
      { ...pool("fd00::9", "fd00::a"), addressMode: "eui64" },
      { why: expect.stringMatching(/from MACs/) },
    ],
  ] as const)("with %s: %s, %j", async (reason, cidr, options, data) => {
    await expect(house.subnet(cidr, options as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      reason,
      data,
    });
    expect((await house.at("one").listSubnets({})).items).toEqual([]);
  });

  test("when two of its pools overlap", async () => {
    const pools = [
      { first: "10.0.0.9", last: "10.0.0.20" },
      { first: "10.0.0.20", last: "10.0.0.30" },
    ];
    const refused = { reason: "POOL_OUTSIDE", data: { ...pools[1], why: "it overlaps another pool" } };
    await expect(house.subnet("10.0.0.0/24", { pools })).rejects.toMatchObject(refused);
  });

  test.each([{ gateway: "10.0.0.01" }, { reserved: ["fe80::1%eth0"] }, { pools: [{ first: "10.0.0.2", last: "x" }] }])(
    "as invalid input that names the field: %j",
    async (options) => {
      const refused = house.subnet("10.0.0.0/24", options);
      await expect(refused).rejects.toMatchObject({
        reason: "INVALID_INPUT",
        message: expect.stringMatching(/gateway|reserved|pools/),
      });
    },
  );

  test("when it overlaps one of its network, and not when it overlaps another network's", async () => {
    const { id, networkId } = await house.subnet("10.0.4.0/22");
    for (const cidr of ["10.0.4.0/22", "10.0.0.0/16", "10.0.7.0/24", "10.0.7.255/32"]) {
      const creating = house.at("two").createSubnet({ networkId, cidr });
      const refused = { code: "ALREADY_EXISTS", reason: "CIDR_OVERLAP", data: { subnetId: id, cidr: "10.0.4.0/22" } };
      await expect(creating).rejects.toMatchObject(refused);
    }
    for (const cidr of ["10.0.3.0/24", "10.0.8.0/24", "fd00::/64"])
      await house.at("two").createSubnet({ networkId, cidr });
    await house.subnet("10.0.4.0/22");
  });

  test("when it is of IPv6 and its network's MTU is below 1280", async () => {
    const { id: networkId } = await house.network({ mtu: 1279 });
    const creating = house.at("one").createSubnet({ networkId, cidr: "fd00::/64" });
    await expect(creating).rejects.toMatchObject({ reason: "MTU_TOO_SMALL", data: { least: 1280 } });
    await house.at("one").createSubnet({ networkId, cidr: "10.0.0.0/24" });
    const { id } = await house.network({ mtu: 1280 });
    await house.at("one").createSubnet({ networkId: id, cidr: "fd00::/64" });
  });

  test("in a network that is not there", async () => {
    const creating = house.at("one").createSubnet({ networkId: "none", cidr: "10.0.0.0/24" });
    await expect(creating).rejects.toMatchObject({ reason: "ROW_NOT_FOUND", data: { table: "networks", key: "none" } });
  });
});

test("a subnet is deleted when no port has an address of it, and its block is free again", async () => {
  const { id, networkId } = await house.subnet("10.0.0.0/24");
  const port = await house.at("one").createPort({ networkId, name: "p" });
  const refused = { code: "FAILED_PRECONDITION", reason: "IN_USE", data: { ports: [port.id], count: 1 } };
  await expect(house.at("two").deleteSubnet({ id })).rejects.toMatchObject(refused);
  await house.at("one").deletePort({ id: port.id });
  await house.at("two").deleteSubnet({ id });
  await expect(house.at("one").deleteSubnet({ id })).rejects.toMatchObject({ reason: "ROW_NOT_FOUND" });
  await house.at("one").createSubnet({ networkId, cidr: "10.0.0.0/25" });
  expect((await house.at("one").listSubnets({ filter: { networkId } })).items).toHaveLength(1);
});
