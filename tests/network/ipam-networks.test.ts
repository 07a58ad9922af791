import { DriverError } from "@reeve/driver-sdk";
import type { PatchPanelOptions } from "@reeve/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NetworkHouse } from "./ipam-house.ts";

const vlans = (...ranges: [number, number][]) => ({ physicalNetworks: { dc1: { vlans: ranges } } });

describe("a VLAN network", () => {
  test("gets the lowest VLAN that is free: out of several ranges, and holes are filled again", async () => {
    await using house = await NetworkHouse.open({ config: vlans([300, 301], [100, 102]) });
    const made = [];
    for (let n = 0; n < 5; n++) made.push(await house.network());
    expect(made.map(({ vlanId }) => vlanId)).toEqual([100, 101, 102, 300, 301]);
    for (const index of [3, 1]) await house.at("two").deleteNetwork({ id: made[index]!.id });
    expect((await house.network()).vlanId).toBe(101);
    expect((await house.network()).vlanId).toBe(300);
    await expect(house.network()).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "NO_VLAN_LEFT" });
  });

  test("gets none that the configuration or the device reserves, and none that the device cannot carry", async () => {
    const config = {
      physicalNetworks: {
        dc1: { vlans: [[100, 110]] as [number, number][], reserved: [[101, 102]] as [number, number][] },
      },
    };
    await using house = await NetworkHouse.open({ config, panel: { usable: [[2, 105]], reserved: [[103, 104]] } });
    expect((await house.network()).vlanId).toBe(100);
    expect((await house.network()).vlanId).toBe(105);
    await expect(house.network()).rejects.toMatchObject({ reason: "NO_VLAN_LEFT" });
    await expect(house.network({ vlanId: 104 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "VLAN_RESERVED",
      data: { vlanId: 104, ranges: [[101, 104]] },
    });
    await expect(house.network({ vlanId: 101 })).rejects.toMatchObject({ reason: "VLAN_RESERVED" });
    await expect(house.network({ vlanId: 106 })).rejects.toMatchObject({
      reason: "VLAN_OUT_OF_RANGE",
      data: { vlanId: 106, ranges: [[100, 105]] },
    });
  });

  test("is created while its device does not answer, as the configuration says", async () => {
    let silent = false;
    const onCall: PatchPanelOptions["onCall"] = ({ moment, method }) => {
      if (silent && moment === "before" && method === "vlans.ranges") throw new DriverError("UNAVAILABLE", "no answer");
    };
    await using house = await NetworkHouse.open({
      config: vlans([100, 101]),
      panel: { reserved: [[100, 100]], onCall },
    });
    expect((await house.network()).vlanId).toBe(101);
    silent = true;
    expect((await house.network()).vlanId).toBe(100);
  });

  test("gets the VLAN that an operator names, and nobody else names one", async () => {
    await using house = await NetworkHouse.open();
    const { id } = await house.network({ vlanId: 150 });
    await expect(house.network({ vlanId: 150 })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
      reason: "VLAN_IN_USE",
      data: { vlanId: 150, networkId: id },
    });
    const operatorOfTenant = { user: "bob", tenant: "blue", roles: ["operator"] };
    const hidden = house.at("one", operatorOfTenant).createNetwork({ name: "n", vlanId: 150 });
    await expect(hidden).rejects.toMatchObject({ data: { vlanId: 150 } });
    await expect(hidden).rejects.not.toMatchObject({ data: { networkId: id } });
    const anybody = house.at("one", { user: "eve", roles: [] }).createNetwork({ name: "n", vlanId: 151 });
    await expect(anybody).rejects.toMatchObject({ reason: "NOT_PERMITTED" });
  });

  test("is refused a VLAN that is out of range", async () => {
    await using house = await NetworkHouse.open();
    for (const vlanId of [-1, 0, 2, 99, 200, 4095, 65_636]) {
      const refused = { reason: "VLAN_OUT_OF_RANGE", data: { vlanId, ranges: [[100, 199]] } };
      await expect(house.network({ vlanId })).rejects.toMatchObject(refused);
    }
  });
});

describe("a flat network", () => {
  test("is the only one of its physical network, until it is deleted", async () => {
    await using house = await NetworkHouse.open({ config: { physicalNetworks: { dc1: {}, dc2: {} } } });
    const flat = house.at("flat");
    const network = await flat.createNetwork({ name: "office", physicalNetwork: "dc1" });
    expect(network).toMatchObject({ kind: "flat", physicalNetwork: "dc1", vlanId: null, mtu: 1500 });
    const again = flat.createNetwork({ name: "office", physicalNetwork: "dc1" });
    await expect(again).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
      reason: "FLAT_IN_USE",
      data: { networkId: network.id },
    });
    const stranger = house.at("flat", { user: "eve", tenant: "red", roles: [] });
    const hidden = await stranger.createNetwork({ name: "n", physicalNetwork: "dc1" }).catch((error) => error);
    expect(hidden).toMatchObject({ reason: "FLAT_IN_USE" });
    expect(hidden.data).toEqual({});
    expect(hidden.data.networkId).toBeUndefined();
    await flat.createNetwork({ name: "yard", physicalNetwork: "dc2" });
    await house.at("one").createNetwork({ name: "tagged", physicalNetwork: "dc1" });
    await house.at("two").deleteNetwork({ id: network.id });
    await flat.createNetwork({ name: "office", physicalNetwork: "dc1" });
  });

  test("has no VLAN", async () => {
    await using house = await NetworkHouse.open();
    const creating = house.at("flat").createNetwork({ name: "n", vlanId: 100 });
    await expect(creating).rejects.toMatchObject({
      code: "UNIMPLEMENTED",
      reason: "UNSUPPORTED",
      data: { ability: "vlans" },
    });
  });
});

describe("a network", () => {
  let house: NetworkHouse;
  beforeEach(async () => {
    house = await NetworkHouse.open({ config: { physicalNetworks: { dc1: { mtu: 9000 }, dc2: {} } } });
  });
  afterEach(() => house[Symbol.asyncDispose]());

  test("lies on a physical network that its manager knows, by name where there are several", async () => {
    await expect(house.network({ physicalNetwork: "dc3" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      reason: "UNKNOWN_PHYSICAL_NETWORK",
      data: { physicalNetwork: "dc3", known: ["dc1", "dc2"] },
    });
    await expect(house.network()).rejects.toMatchObject({
      reason: "UNKNOWN_PHYSICAL_NETWORK",
      data: { physicalNetwork: null, known: ["dc1", "dc2"] },
    });
    await expect(house.network({ physicalNetwork: "constructor" })).rejects.toMatchObject({
      reason: "UNKNOWN_PHYSICAL_NETWORK",
    });
  });

  test("has an MTU from what IPv4 needs to what its physical network carries", async () => {
    const on = (mtu?: number) => house.network({ physicalNetwork: "dc1", ...(mtu !== undefined && { mtu }) });
    expect((await on()).mtu).toBe(9000);
    expect((await on(68)).mtu).toBe(68);
    await expect(on(67)).rejects.toMatchObject({ reason: "MTU_TOO_SMALL", data: { least: 68 } });
    await expect(on(9001)).rejects.toMatchObject({ reason: "MTU_TOO_LARGE", data: { max: 9000 } });
  });

  test("is listed by kind and physical network, page by page, and shown by any manager", async () => {
    const made = [];
    for (const physicalNetwork of ["dc1", "dc2", "dc1"]) made.push(await house.network({ physicalNetwork }));
    const flat = await house.at("flat").createNetwork({ name: "f", physicalNetwork: "dc1" });
    const list = house.at("two").listNetworks;
    expect((await list({ filter: { kind: "flat" } })).items).toEqual([flat]);
    expect((await list({ filter: { physicalNetwork: "dc2" } })).items).toEqual([made[1]]);
    const first = await list({ limit: 3 });
    expect(first.items).toEqual(made);
    expect((await list({ limit: 3, cursor: first.next! })).items).toEqual([flat]);
    expect(await house.at("flat").getNetwork({ id: made[2]!.id })).toEqual(made[2]);
    await expect(house.at("one").getNetwork({ id: "none" })).rejects.toMatchObject({ reason: "ROW_NOT_FOUND" });
  });

  test("goes with its subnets, and not while it has ports, of which twenty are named", async () => {
    const { id: networkId } = await house.network({ physicalNetwork: "dc1" });
    const { id: subnetId } = await house.at("one").createSubnet({ networkId, cidr: "10.0.0.0/24" });
    const made = [];
    for (let n = 0; n < 21; n++) made.push((await house.at("one").createPort({ networkId, name: "p" })).id);
    const refused = house.at("two").deleteNetwork({ id: networkId });
    await expect(refused).rejects.toMatchObject({ reason: "IN_USE", data: { count: 21, ports: made.slice(0, 20) } });
    for (const id of made) await house.at("one").deletePort({ id });
    await house.at("two").deleteNetwork({ id: networkId });
    await expect(house.at("one").getSubnet({ id: subnetId })).rejects.toMatchObject({ reason: "ROW_NOT_FOUND" });
    await expect(house.at("one").deleteNetwork({ id: networkId })).rejects.toMatchObject({ reason: "ROW_NOT_FOUND" });
  });
});
