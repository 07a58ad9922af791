import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileVolumes } from "@reeve/file-volumes";
import { allTenants, operator } from "@reeve/managers";
import { schedulerManager } from "@reeve/managers/scheduler";
import { volumeManager, volumes } from "@reeve/managers/volume";
import { type NatsCluster, natsCluster } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { BlockHouse, mib } from "../volume/block-house.ts";

const address = "block-01@ssd";

interface Tenants extends AsyncDisposable {
  as: NatsCluster["as"];
  ref: NatsCluster["ref"];
  readonly address: string;
}

const places: readonly (readonly [string, () => Promise<Tenants>])[] = [
  [
    "in process",
    async () => {
      const house = await BlockHouse.open();
      return {
        as: (principal) => house.supervisor.as(principal),
        ref: (contract) => house.supervisor.as({ user: "script", roles: [] }).ref(contract),
        address: house.backend().address,
        [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
      };
    },
  ],
  ["over NATS, the scheduler on another host", () => blocks()],
];

async function blocks(trustedForwarders?: readonly string[]): Promise<Tenants> {
  const directory = await mkdtemp(join(tmpdir(), "reeve-tenancy-"));
  const root = join(directory, "ssd");
  await mkdir(root);
  const cluster = await natsCluster({
    hosts: {
      "sched-01": [schedulerManager],
      "block-01": [[volumeManager, { backend: "ssd", driver: fileVolumes({ root }) }]],
    },
    capabilityInterval: 50,
    caller: "web-api",
    ...(trustedForwarders && { trustedForwarders }),
  });
  return {
    as: cluster.as,
    ref: cluster.ref,
    address,
    async [Symbol.asyncDispose]() {
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe.each(places)("tenancy, %s", (_, open) => {
  test("a principal reaches its tenant's, one without a tenant what has none, and only the role reaches all", async () => {
    await using place = await open();
    const of = (tenant: string, roles: string[] = []) => place.as({ user: "u", tenant, roles }).ref(volumes);
    const none = place.ref(volumes);
    const names = async (volume: typeof none) => (await volume.list({})).items.map(({ name }) => name);
    const make = (volume: typeof none, name: string) => volume.create({ name, sizeGiB: mib });
    const a = await make(of("a"), "of-a");
    await make(of("b"), "of-b");
    const free = await make(none, "free");
    const namesake = await make(of("default"), "of-default");
    expect([a.tenant, free.tenant, namesake.tenant]).toEqual(["a", "default", "=default"]);
    expect(await names(of("a"))).toEqual(["of-a"]);
    expect(await names(of("b"))).toEqual(["of-b"]);
    expect(await names(none)).toEqual(["free"]);
    expect(await names(of("default"))).toEqual(["of-default"]);
    expect(await names(of("=default"))).toEqual([]);
    expect(await names(place.as({ user: "root", roles: [operator, "admin"] }).ref(volumes))).toEqual(["free"]);
    const all = place.as({ user: "auditor", roles: [allTenants] }).ref(volumes);
    expect(await names(all)).toEqual(["of-a", "of-b", "free", "of-default"]);
    expect(await names(of("b", [allTenants]))).toEqual(["of-a", "of-b", "free", "of-default"]);

    const unknown = { reason: "ROW_NOT_FOUND" };
    for (const stranger of [of("b"), none, of("default"), place.as({ user: "o", roles: [operator] }).ref(volumes)]) {
      await expect(stranger.get({ id: a.id })).rejects.toMatchObject(unknown);
      await expect(stranger.delete({ id: a.id })).rejects.toMatchObject(unknown);
      await expect(stranger.clone({ id: a.id, name: "theft" })).rejects.toMatchObject(unknown);
      await expect(stranger.at(place.address).build({ id: a.id })).rejects.toMatchObject(unknown);
      expect((await stranger.list({ filter: { tenant: "a" } })).items).toEqual([]);
      expect((await stranger.listSnapshots({ filter: { volumeId: a.id } })).items).toEqual([]);
    }
    await expect(of("default").get({ id: free.id })).rejects.toMatchObject(unknown);
    await expect(none.get({ id: namesake.id })).rejects.toMatchObject(unknown);
    // What is made of somebody's volume, by one that has no tenant of its own, stays that tenant's.
    expect(await all.clone({ id: a.id, name: "copy" })).toMatchObject({ tenant: "a" });
    await all.delete({ id: a.id });
    expect(await names(of("a"))).toEqual(["copy"]);
  });

  test("what concerns a whole backend asks for the role of an operator", async () => {
    await using place = await open();
    await expect(place.ref(volumes).at(place.address).rescan({})).rejects.toMatchObject({
      reason: "NOT_PERMITTED",
      data: { operation: "rescan", roles: ["operator"] },
    });
    const rescan = place
      .as({ user: "o", roles: [operator] })
      .ref(volumes)
      .at(place.address)
      .rescan({});
    expect(await rescan).toMatchObject({ unknown: [], missing: [], found: [] });
  });
});

test("over NATS, a front end that is not listed reaches nothing on behalf of a tenant, and takes nothing away", async () => {
  await using place = await blocks(["block-01", "sched-01"]);
  const mine = await place.ref(volumes).create({ name: "mine", sizeGiB: mib });
  const b = place.as({ user: "u2", tenant: "b", roles: [] }).ref(volumes);
  const refused = { reason: "NOT_PERMITTED", outcome: "not-executed" };
  await expect(b.list({})).rejects.toMatchObject(refused);
  await expect(b.delete({ id: mine.id })).rejects.toMatchObject(refused);
  await expect(b.create({ name: "x", sizeGiB: mib })).rejects.toMatchObject({
    message: expect.stringContaining('list "web-api" in trustedForwarders'),
  });
  expect((await place.ref(volumes).list({})).items.map(({ name }) => name)).toEqual(["mine"]);
});
