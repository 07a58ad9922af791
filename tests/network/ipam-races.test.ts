import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NetworkHouse, outcomes, times } from "./ipam-house.ts";

/**
 * Races for one thing, from two addresses on one store. In each, exactly as many win as there is room, everybody else is told
 * why by a declared reason, and freeing what was won brings every counter to zero:
 *
 * - 50 ports for a /26 that has room for 61 and for a pool of 20; for one MAC; for one address
 * - 50 networks for a range of 20 VLANs; for one VLAN; for one flat segment
 * - subnets that overlap, each pair of them
 * - creating a subnet or a port beside deleting its network; creating a port beside deleting its subnet
 */
describe("of many at once", () => {
  let house: NetworkHouse;
  beforeEach(async () => {
    house = await NetworkHouse.open({
      config: {
        physicalNetworks: {
          dc1: {
            vlans: [
              [100, 104],
              [200, 214],
            ],
          },
        },
      },
    });
  });
  afterEach(() => house[Symbol.asyncDispose]());

  test("no more ports get an address than the pools have, no two the same, and all come back", async () => {
    const { networkId, id } = await house.subnet("10.0.0.0/26", { pools: [{ first: "10.0.0.10", last: "10.0.0.29" }] });
    const { made, refused } = await outcomes(times(50, (n) => house.turn(n).createPort({ networkId, name: `p${n}` })));
    expect(made).toHaveLength(20);
    expect(refused).toEqual({ NO_ADDRESS_LEFT: 30 });
    expect(new Set(made.map(({ addresses }) => addresses[0]!.ip)).size).toBe(20);
    expect(new Set(made.map(({ mac }) => mac)).size).toBe(20);
    const full = { subnetId: id, cidr: "10.0.0.0/26", size: "20", used: "20", free: "0" };
    expect(await house.at("two").usage({ networkId })).toEqual({
      networks: 1,
      ports: 20,
      attached: 0,
      subnets: [full],
    });
    await Promise.all(made.map((port, n) => house.turn(n).deletePort({ id: port.id })));
    const empty = { ...full, used: "0", free: "20" };
    expect(await house.at("one").usage({ networkId })).toEqual({
      networks: 1,
      ports: 0,
      attached: 0,
      subnets: [empty],
    });
    await house.at("one").deleteNetwork({ id: networkId });
    expect(await house.at("two").usage({ physicalNetwork: "dc1" })).toEqual({
      networks: 0,
      ports: 0,
      attached: 0,
      subnets: [],
    });
  });

  test("fifty fit into a /26, the lowest addresses first", async () => {
    const { networkId } = await house.subnet("10.0.0.0/26");
    const made = await Promise.all(times(50, (n) => house.turn(n).createPort({ networkId, name: "p" })));
    const last = (ip: string) => Number(ip.split(".")[3]);
    const numbers = made.map(({ addresses }) => last(addresses[0]!.ip)).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, n) => n + 2));
  });

  test("no more networks get a VLAN than the ranges have, no two the same, and all come back", async () => {
    const create = (n: number) => house.turn(n).createNetwork({ name: `n${n}` });
    const { made, refused } = await outcomes(times(50, create));
    expect(refused).toEqual({ NO_VLAN_LEFT: 30 });
    const ids = made.map(({ vlanId }) => vlanId!).sort((a, b) => a - b);
    expect(ids).toEqual([...[100, 101, 102, 103, 104], ...Array.from({ length: 15 }, (_, n) => 200 + n)]);
    await Promise.all(made.map(({ id }, n) => house.turn(n).deleteNetwork({ id })));
    expect((await house.at("one").usage({ physicalNetwork: "dc1" })).networks).toBe(0);
    expect((await outcomes(times(20, create))).made).toHaveLength(20);
  });

  test("one network gets the VLAN that all name, and the one flat segment", async () => {
    const named = await outcomes(times(20, (n) => house.turn(n).createNetwork({ name: "n", vlanId: 201 })));
    expect(named.made).toHaveLength(1);
    expect(named.refused).toEqual({ VLAN_IN_USE: 19 });
    const flat = await outcomes(times(20, () => house.at("flat").createNetwork({ name: "n" })));
    expect(flat.made).toHaveLength(1);
    expect(flat.refused).toEqual({ FLAT_IN_USE: 19 });
  });

  test("one port gets the MAC that all name, or the address, and the others leave nothing", async () => {
    const { networkId } = await house.subnet("10.0.0.0/24");
    const mac = "fa:16:3e:00:00:01";
    const macs = await outcomes(times(50, (n) => house.turn(n).createPort({ networkId, name: "p", mac })));
    expect(macs.made).toHaveLength(1);
    expect(macs.refused).toEqual({ MAC_IN_USE: 49 });
    const addresses = [{ ip: "10.0.0.77" }];
    const ips = await outcomes(times(50, (n) => house.turn(n).createPort({ networkId, name: "p", addresses })));
    expect(ips.made).toHaveLength(1);
    expect(ips.refused).toEqual({ IP_IN_USE: 49 });
    expect(await house.at("one").usage({ networkId })).toMatchObject({ ports: 2, subnets: [{ used: "2" }] });
  });

  test("of subnets that overlap one is made", async () => {
    const { id: networkId } = await house.network();
    const cidrs = ["10.0.0.0/24", "10.0.0.0/16", "10.0.0.128/25", "10.0.0.0/24"];
    const { made, refused } = await outcomes(
      times(40, (n) => house.turn(n).createSubnet({ networkId, cidr: cidrs[(n >> 1) % 4]! })),
    );
    expect(made).toHaveLength(1);
    expect(refused).toEqual({ CIDR_OVERLAP: 39 });
    expect((await house.at("one").listSubnets({ filter: { networkId } })).items).toHaveLength(1);
  });

  test("a port that is created beside the deletion of its subnet has an address of it or has none", async () => {
    const found = new Set<number>();
    for (const first of ["create", "delete", "create", "delete"]) {
      const { networkId, id } = await house.subnet("10.0.0.0/24");
      const create = () => house.at("one").createPort({ networkId, name: "p" });
      const remove = () => house.at("two").deleteSubnet({ id });
      const [creating, deleting] = first === "create" ? [create(), remove()] : [remove(), create()].toReversed();
      const [created, deleted] = await Promise.allSettled([creating as ReturnType<typeof create>, deleting]);
      if (created.status === "rejected") throw created.reason;
      const { addresses } = created.value;
      found.add(addresses.length);
      expect(deleted).toMatchObject(addresses.length > 0 ? { reason: { reason: "IN_USE" } } : { status: "fulfilled" });
      expect((await house.at("one").usage({ networkId })).subnets).toHaveLength(addresses.length);
    }
    expect(found).toEqual(new Set([0, 1]));
  });

  test.each(["subnet", "port"] as const)(
    "a %s that is created beside the deletion of its network is refused or goes with it, or keeps it",
    async (what) => {
      const outcome = new Set<string>();
      for (const first of ["create", "delete", "create", "delete"]) {
        const { id: networkId } = await house.network();
        const create = () =>
          what === "port"
            ? house.at("one").createPort({ networkId, name: "p" })
            : house.at("one").createSubnet({ networkId, cidr: "10.0.0.0/24" });
        const remove = () => house.at("two").deleteNetwork({ id: networkId });
        const [creating, deleting] = first === "create" ? [create(), remove()] : [remove(), create()].toReversed();
        const [created, deleted] = await Promise.allSettled([creating!, deleting!]);
        if (created.status === "rejected") expect(created.reason).toMatchObject({ reason: "ROW_NOT_FOUND" });
        if (deleted.status === "rejected") expect(deleted.reason).toMatchObject({ reason: "IN_USE" });
        outcome.add(`created: ${created.status}, deleted: ${deleted.status}`);
        const { items } = what === "port" ? await house.at("one").listPorts({}) : await house.at("one").listSubnets({});
        const left = items.filter((item) => item.networkId === networkId);
        expect(left).toHaveLength(deleted.status === "rejected" ? 1 : 0);
      }
      // A network goes with its subnets, and not while it has ports.
      expect(outcome).toEqual(
        new Set([
          "created: rejected, deleted: fulfilled",
          `created: fulfilled, deleted: ${what === "port" ? "rejected" : "fulfilled"}`,
        ]),
      );
    },
  );
});
