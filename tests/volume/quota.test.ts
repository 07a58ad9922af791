import { isError } from "@reeve/contract";
import { volumes } from "@reeve/managers/volume";
import { expect, test } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

const four = { quotaGiB: 4 * mib };

test("a tenant's volumes and snapshots share its quota", async () => {
  await using house = await BlockHouse.open({ config: four });
  const { id } = await house.make("first", 2 * mib);
  await house.volume.snapshot({ id, name: "noon" });
  const refused = await house.make("second").catch((error: unknown) => error);
  if (!isError(refused, volumes, "create", "QUOTA_EXCEEDED")) throw refused;
  expect(refused.data).toEqual({ limitGiB: 4 * mib, usedGiB: 4 * mib });
  for (const refusing of [
    house.volume.extend({ id, sizeGiB: 3 * mib }),
    house.volume.snapshot({ id, name: "one" }),
    house.volume.clone({ id, name: "two" }),
    house.volume.copy({ id, name: "three" }).result,
  ]) {
    await expect(refusing).rejects.toMatchObject({ reason: "QUOTA_EXCEEDED", data: { usedGiB: 4 * mib } });
  }
  expect((await house.volume.list({})).items).toHaveLength(1);
  expect(await house.volume.get({ id })).toMatchObject({ status: "available", sizeGiB: 2 * mib });
});

test("of many creates at once no more succeed than the quota holds", async () => {
  await using house = await BlockHouse.open({ config: four, backends: ["ssd", "hdd"] });
  const settled = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => house.make(`v${i}`)));
  expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
  for (const result of settled) {
    if (result.status === "rejected") expect(result.reason).toMatchObject({ reason: "QUOTA_EXCEEDED" });
  }
});

test("what is deleted, and what an extension did not reach, counts no more", async () => {
  await using house = await BlockHouse.open({ config: four });
  const { id } = await house.make("first", 2 * mib);
  const recovered = house.backend().steered.fail("extend", "before", () => new Error("worn out"));
  await expect(house.volume.extend({ id, sizeGiB: 4 * mib })).rejects.toMatchObject({ reason: "DRIVER_FAILED" });
  recovered();
  await house.make("second", 2 * mib);
  await house.volume.delete({ id });
  await house.make("third", 2 * mib);
});

test("while an extension runs, its new size counts", async () => {
  await using house = await BlockHouse.open({ config: four });
  const { id } = await house.make("first");
  const hold = house.backend().steered.hold("extend", "before");
  const growing = house.volume.extend({ id, sizeGiB: 4 * mib });
  await hold.reached;
  await expect(house.make("second")).rejects.toMatchObject({ data: { usedGiB: 4 * mib } });
  hold.release();
  await growing;
});

test("each tenant has its own quota, by default or by name", async () => {
  await using house = await BlockHouse.open({ config: { quotaGiB: mib, quotas: { big: 3 * mib } } });
  const of = (tenant: string) => house.supervisor.as({ user: "u", tenant, roles: [] }).ref(volumes);
  const small = { name: "v", sizeGiB: mib };
  expect(await of("one").create(small)).toMatchObject({ tenant: "one" });
  expect(await of("two").create(small)).toMatchObject({ tenant: "two" });
  await expect(of("one").create(small)).rejects.toMatchObject({ data: { limitGiB: mib } });
  await of("big").create({ ...small, sizeGiB: 3 * mib });
  await expect(of("constructor").create({ ...small, sizeGiB: 2 * mib })).rejects.toMatchObject({
    data: { limitGiB: mib },
  });
});
