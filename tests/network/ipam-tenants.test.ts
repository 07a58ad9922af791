import { allTenants } from "@reeve/managers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NetworkHouse, outcomes, times } from "./ipam-house.ts";

const blue = { user: "bea", tenant: "blue", roles: [] };
const red = { user: "rob", tenant: "red", roles: [] };
const auditor = { user: "ann", roles: [allTenants] };

describe("a tenant", () => {
  let house: NetworkHouse;
  beforeEach(async () => {
    house = await NetworkHouse.open();
  });
  afterEach(() => house[Symbol.asyncDispose]());

  async function blueNetwork() {
    const calls = house.at("one", blue);
    const network = await calls.createNetwork({ name: "blue" });
    const subnet = await calls.createSubnet({ networkId: network.id, cidr: "10.0.0.0/24" });
    const port = await calls.createPort({ networkId: network.id, name: "p" });
    return { network, subnet, port };
  }

  test("sees nothing of another's, and changes nothing of it", async () => {
    const { network, subnet, port } = await blueNetwork();
    for (const stranger of [red, { user: "nobody", roles: ["operator"] }]) {
      const calls = house.at("two", stranger);
      const { refused } = await outcomes<unknown>([
        calls.getNetwork({ id: network.id }),
        calls.getSubnet({ id: subnet.id }),
        calls.getPort({ id: port.id }),
        calls.usage({ networkId: network.id }),
        calls.deleteNetwork({ id: network.id }),
        calls.deleteSubnet({ id: subnet.id }),
        calls.deletePort({ id: port.id }),
        calls.createSubnet({ networkId: network.id, cidr: "10.0.1.0/24" }),
        calls.createPort({ networkId: network.id, name: "p" }),
      ]);
      expect(refused).toEqual({ ROW_NOT_FOUND: 9 });
      expect((await calls.listNetworks({})).items).toEqual([]);
      expect((await calls.listSubnets({ filter: { networkId: network.id } })).items).toEqual([]);
      expect((await calls.listPorts({ filter: { networkId: network.id } })).items).toEqual([]);
      expect(await calls.usage({ physicalNetwork: "dc1" })).toMatchObject({ networks: 0, ports: 0 });
    }
    expect(await house.at("one", blue).usage({ networkId: network.id })).toMatchObject({ networks: 1, ports: 1 });
  });

  test("has what others make in its networks", async () => {
    const { network } = await blueNetwork();
    const calls = house.at("two", auditor);
    const subnet = await calls.createSubnet({ networkId: network.id, cidr: "fd00::/64" });
    const port = await calls.createPort({ networkId: network.id, name: "p" });
    expect([subnet.tenant, port.tenant]).toEqual(["blue", "blue"]);
    expect((await house.at("one", blue).listPorts({})).items).toHaveLength(2);
    expect(await calls.usage({ physicalNetwork: "dc1" })).toMatchObject({ networks: 1, ports: 2 });
  });
});

describe("a quota", () => {
  const few = { networks: 2, subnets: 3, ports: 4 };
  const config = {
    physicalNetworks: { dc1: {} },
    quota: few,
    quotas: { red: { networks: 0 }, default: { networks: 3, ports: 100 } },
  };

  test("holds for each tenant, whoever of two managers is asked", async () => {
    await using house = await NetworkHouse.open({ config });
    const create = (n: number) => house.turn(n, blue).createNetwork({ name: "n" });
    const networks = await outcomes(times(10, create));
    expect(networks.refused).toEqual({ QUOTA_EXCEEDED: 8 });
    await expect(create(0)).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      data: { resource: "networks", limit: 2, used: 2 },
    });
    const [one, two] = networks.made.map(({ id }) => id) as [string, string];
    const subnets = await outcomes(
      times(10, (n) => house.turn(n, blue).createSubnet({ networkId: n < 5 ? one : two, cidr: `10.0.${n}.0/24` })),
    );
    expect([subnets.made.length, subnets.refused]).toEqual([3, { QUOTA_EXCEEDED: 7 }]);
    const ports = await outcomes(
      times(10, (n) => house.turn(n, blue).createPort({ networkId: one, name: "p", addresses: [] })),
    );
    expect([ports.made.length, ports.refused]).toEqual([4, { QUOTA_EXCEEDED: 6 }]);
    // An operator's port in a tenant's network counts as that tenant's.
    const byAuditor = house.at("one", auditor).createPort({ networkId: one, name: "p" });
    await expect(byAuditor).rejects.toMatchObject({ data: { resource: "ports", limit: 4, used: 4 } });
    await house.at("one", blue).deletePort({ id: ports.made[0]!.id });
    await house.at("one", auditor).createPort({ networkId: one, name: "p", addresses: [] });
  });

  test("is a tenant's own where the configuration names it", async () => {
    await using house = await NetworkHouse.open({ config });
    const creating = house.at("one", red).createNetwork({ name: "n" });
    await expect(creating).rejects.toMatchObject({ data: { resource: "networks", limit: 0, used: 0 } });
    const { made, refused } = await outcomes(times(5, () => house.network()));
    expect([made.length, refused]).toEqual([3, { QUOTA_EXCEEDED: 2 }]);
  });
});

test("what is asked for again under its key is there once, whichever manager is asked", async () => {
  await using house = await NetworkHouse.open();
  const key = { idempotencyKey: "k" };
  const network = () => house.at("one", blue).createNetwork({ name: "n" }, key);
  const first = await network();
  expect(await network()).toEqual(first);
  const networkId = first.id;
  const subnet = (n: number) => house.turn(n, blue).createSubnet({ networkId, cidr: "10.0.0.0/24" }, key);
  expect(await subnet(1)).toEqual(await subnet(0));
  const port = (n: number) => house.turn(n, blue).createPort({ networkId, name: "p" }, key);
  expect(await port(1)).toEqual(await port(0));
  expect(await house.at("one", blue).usage({ networkId })).toMatchObject({ ports: 1, subnets: [{ used: "1" }] });
  // Refusals are answers as well.
  const twice = () => house.at("one", blue).createSubnet({ networkId, cidr: "10.0.0.0/25" }, { idempotencyKey: "k2" });
  await expect(twice()).rejects.toMatchObject({ reason: "CIDR_OVERLAP" });
  await expect(twice()).rejects.toMatchObject({ reason: "CIDR_OVERLAP" });
});
