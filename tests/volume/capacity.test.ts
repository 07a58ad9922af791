import { type Host, scheduler } from "@reeve/managers/scheduler";
import { expect, test } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

const mebibyte = 2 ** 20;

async function seen(house: BlockHouse, name = "ssd"): Promise<Host> {
  const { items } = await house.supervisor.ref(scheduler).hosts({});
  return items.find(({ address }) => address === house.backend(name).address)!;
}

test("schedulers hear what is there, what is promised and what is kept back", async () => {
  await using house = await BlockHouse.open({
    config: { reservedPercent: 10, overcommitRatio: 2, availabilityZone: "north", labels: { media: "ssd" } },
  });
  const hold = house.backend().steered.hold("create", "before");
  const creating = house.make("in the making", 4 * mib);
  await hold.reached;
  hold.release();
  const { id } = await creating;
  await house.volume.snapshot({ id, name: "noon" });
  await house.volume.extend({ id, sizeGiB: 6 * mib });
  await expect
    .poll(async () => (await seen(house))?.capabilities, { timeout: 15_000 })
    .toMatchObject({
      volumes: 1,
      allocatedBytes: 10 * mebibyte,
      provisionedBytes: 10 * mebibyte,
      availabilityZone: "north",
      labels: { media: "ssd" },
      overcommitRatio: 2,
    });
  const { totalBytes, freeBytes, reservedBytes } = (await seen(house)).capabilities as Record<string, number>;
  expect(reservedBytes).toBe(Math.ceil(totalBytes! / 10));
  expect(freeBytes).toBeLessThanOrEqual(totalBytes!);
});

test("a changed configuration holds after a reset, for placement and for quota", async () => {
  let config = { labels: { media: "ssd" }, quotaGiB: mib };
  await using house = await BlockHouse.open({ config: () => config });
  const tape = { name: "v", sizeGiB: 2 * mib, labels: { media: "tape" } };
  await expect(house.volume.create(tape)).rejects.toMatchObject({ reason: "QUOTA_EXCEEDED" });
  config = { ...config, quotaGiB: 2 * mib };
  await house.supervisor.reset();
  await expect(house.volume.create(tape)).rejects.toMatchObject({ reason: "NO_HOST" });
  config = { ...config, labels: { media: "tape" } };
  await house.supervisor.reset();
  await expect
    .poll(async () => (await seen(house))?.capabilities.labels, { timeout: 5_000 })
    .toEqual({ media: "tape" });
  expect(await house.volume.create(tape)).toMatchObject({ status: "available" });
});

test("a bad configuration leaves the old one in force", async () => {
  let config: object = { quotaGiB: mib };
  await using house = await BlockHouse.open({ config: () => config });
  const { id } = await house.make("first", mib);
  config = { quotaGiB: -1 };
  await expect(house.supervisor.reset()).rejects.toMatchObject({ message: expect.stringContaining("quotaGiB") });
  await expect(house.volume.extend({ id, sizeGiB: 2 * mib })).rejects.toMatchObject({ data: { limitGiB: mib } });
  config = { quotaGiB: 2 * mib };
  await house.supervisor.reset();
  await house.volume.extend({ id, sizeGiB: 2 * mib });
});
