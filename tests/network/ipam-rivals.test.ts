import { sqlite } from "@reeve/runtime/sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NetworkHouse } from "./ipam-house.ts";
import { RivalStore } from "./ipam-rival-store.ts";

/**
 * Between the look for what is free and the claim of it another transaction claims the same: an address, a MAC, a VLAN, a flat
 * segment. What may be any is then another one, found by looking again; what was named is refused as if it had been taken before.
 */
describe("where a rival claims the same between look and claim", () => {
  let house: NetworkHouse;
  let store: RivalStore;
  beforeEach(async () => {
    store = new RivalStore(sqlite({ path: ":memory:" }));
    house = await NetworkHouse.open({
      store,
      config: {
        physicalNetworks: {
          dc1: {
            vlans: [
              [100, 103],
              [200, 200],
            ],
          },
        },
      },
    });
  });
  afterEach(() => house[Symbol.asyncDispose]());

  test("a port gets the next address", async () => {
    const { networkId } = await house.subnet("10.0.0.0/29");
    store.quicker("addresses", 3);
    const { addresses } = await house.at("one").createPort({ networkId, name: "p" });
    expect(addresses).toMatchObject([{ ip: "10.0.0.5" }]);
    expect(await house.at("two").usage({ networkId })).toMatchObject({ ports: 1, subnets: [{ used: "4", free: "1" }] });
  });

  test("a port is refused, and leaves nothing, when rivals take all", async () => {
    const { networkId, id } = await house.subnet("10.0.0.0/29");
    store.quicker("addresses", 5);
    const creating = house.at("one").createPort({ networkId, name: "p" });
    await expect(creating).rejects.toMatchObject({
      reason: "NO_ADDRESS_LEFT",
      data: { subnetId: id, size: "5", used: "5" },
    });
    expect(await house.at("one").usage({ networkId })).toMatchObject({ ports: 0, subnets: [{ used: "0" }] });
  });

  test("a named address is in use", async () => {
    const { networkId } = await house.subnet("10.0.0.0/29");
    store.quicker("addresses", 1);
    const creating = house.at("one").createPort({ networkId, name: "p", addresses: [{ ip: "10.0.0.3" }] });
    await expect(creating).rejects.toMatchObject({ reason: "IP_IN_USE", data: { ip: "10.0.0.3", portId: "rival-1" } });
    expect(await house.at("one").usage({ networkId })).toMatchObject({ ports: 0, subnets: [{ used: "0" }] });
  });

  test("a generated MAC is made anew, five times at most", async () => {
    const { id: networkId } = await house.network();
    store.quicker("ports", 4);
    const port = await house.at("one").createPort({ networkId, name: "p" });
    const { items } = await house.at("one").listPorts({});
    expect(items).toHaveLength(5);
    expect(items.filter(({ mac }) => mac === port.mac)).toHaveLength(1);
    store.quicker("ports", 5);
    await expect(house.at("one").createPort({ networkId, name: "p" })).rejects.toMatchObject({ reason: "MAC_IN_USE" });
  });

  test("a named MAC is in use", async () => {
    const { id: networkId } = await house.network();
    store.quicker("ports", 1);
    const mac = "fa:16:3e:00:00:01";
    const creating = house.at("one").createPort({ networkId, name: "p", mac });
    await expect(creating).rejects.toMatchObject({ reason: "MAC_IN_USE", data: { mac, portId: "rival-1" } });
  });

  test("a network gets the next VLAN, out of another range as well", async () => {
    store.quicker("segments", 4);
    expect(await house.network()).toMatchObject({ vlanId: 200 });
  });

  test("a network is refused when rivals take all VLANs", async () => {
    store.quicker("segments", 5);
    await expect(house.network()).rejects.toMatchObject({ reason: "NO_VLAN_LEFT", data: { physicalNetwork: "dc1" } });
    expect(await house.network()).toMatchObject({ vlanId: 100 });
  });

  test("a named VLAN and the flat segment are in use", async () => {
    store.quicker("segments", 1);
    await expect(house.network({ vlanId: 102 })).rejects.toMatchObject({
      reason: "VLAN_IN_USE",
      data: { vlanId: 102 },
    });
    store.quicker("segments", 1);
    await expect(house.at("flat").createNetwork({ name: "n" })).rejects.toMatchObject({ reason: "FLAT_IN_USE" });
    expect((await house.at("one").listNetworks({})).items).toEqual([]);
  });
});
