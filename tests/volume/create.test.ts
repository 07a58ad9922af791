import { isError } from "@reeve/contract";
import { DriverError } from "@reeve/driver-sdk";
import { volumes } from "@reeve/managers/volume";
import { expect, test } from "vitest";
import { BlockHouse, imagesIn, mib } from "./block-house.ts";

const full = () => new DriverError("RESOURCE_EXHAUSTED", "device full");

test("a build whose image is whole counts as made, though its driver then failed", async () => {
  await using house = await BlockHouse.open({ backends: ["a", "b"] });
  const both = ["a", "b"].map((name) => house.backend(name));
  for (const { steered } of both) steered.fail("create", "after", full);
  expect(await house.make("half-hearted")).toMatchObject({ status: "available", fault: null });
  const images = await Promise.all(both.map(({ root }) => imagesIn(root)));
  expect(images.flat()).toHaveLength(1);
});

test("a build that fails is tried elsewhere, once its leftovers are gone and nowhere twice", async () => {
  await using house = await BlockHouse.open({ backends: ["a", "b", "c"] });
  const failing = ["a", "b"].map((name) => house.backend(name));
  for (const { steered } of failing) steered.fail("create", "before", full);
  const made = await house.make("stubborn");
  expect(made).toMatchObject({ status: "available", host: "host@c", fault: null });
  for (const { steered, root } of failing) {
    expect(steered.calls.filter((call) => call === "create").length).toBeLessThanOrEqual(1);
    // Leftovers are deleted wherever a create was tried, before the next one begins.
    if (steered.calls.includes("create")) expect(steered.calls).toContain("delete");
    expect(await imagesIn(root)).toEqual([]);
  }
});

test("when every attempt fails the caller learns where and why, and so does whoever looks later", async () => {
  await using house = await BlockHouse.open({ backends: ["a", "b", "c"], config: { maxAttempts: 2 } });
  for (const name of ["a", "b", "c"]) house.backend(name).steered.fail("create", "before", full);
  const failed = await house.make("doomed").catch((error: unknown) => error);
  if (!isError(failed, volumes, "create", "BUILD_FAILED")) throw failed;
  const { id, attempts } = failed.data;
  expect(attempts).toHaveLength(2);
  expect(new Set(attempts.map(({ address }) => address)).size).toBe(2);
  for (const { why } of attempts) expect(why).toContain("device full");
  const row = await house.volume.get({ id });
  expect(row).toMatchObject({ status: "error", host: null, fault: { reason: "FAILED" } });
  expect(row.fault!.message).toContain("device full");
  await house.volume.delete({ id });
  expect((await house.volume.list({})).items).toEqual([]);
});

test("fewer backends than attempts: they all are tried, then it fails", async () => {
  await using house = await BlockHouse.open({ backends: ["a"] });
  house.backend("a").steered.fail("create", "before", full);
  await expect(house.make("doomed")).rejects.toMatchObject({
    reason: "BUILD_FAILED",
    data: { attempts: [{ address: "host@a" }] },
  });
});

test("when nothing fits, the scheduler's word passes and nothing is left behind", async () => {
  await using house = await BlockHouse.open();
  const refused = await house.volume.create({ name: "huge", sizeGiB: 2 ** 22 }).catch((error: unknown) => error);
  expect(isError(refused, volumes, "create", "QUOTA_EXCEEDED")).toBe(true);
  const labelled = house.volume.create({ name: "odd", sizeGiB: mib, labels: { media: "tape" } });
  await expect(labelled).rejects.toMatchObject({
    reason: "NO_HOST",
    data: { considered: 1, rejections: [{ filter: "labels", hosts: 1 }] },
  });
  expect((await house.volume.list({})).items).toEqual([]);
});

test("labels and availability zones choose the backend", async () => {
  await using house = await BlockHouse.open({
    backends: ["ssd", "hdd"],
    config: (backend) => ({ labels: { media: backend }, availabilityZone: `zone-${backend}` }),
  });
  expect(await house.volume.create({ name: "a", sizeGiB: mib, labels: { media: "hdd" } })).toMatchObject({
    host: "host@hdd",
  });
  expect(await house.volume.create({ name: "b", sizeGiB: mib, availabilityZone: "zone-ssd" })).toMatchObject({
    host: "host@ssd",
  });
});

test("without a scheduler a create fails at once and leaves nothing", async () => {
  await using house = await BlockHouse.open({ scheduler: false });
  await expect(house.make("lost")).rejects.toMatchObject({ reason: "NO_RESPONDERS" });
  expect((await house.volume.list({})).items).toEqual([]);
});

test("a caller with little time hears in time that there is no news of hosts, and leaves nothing to be made without it", async () => {
  await using house = await BlockHouse.open({ silent: true, limits: { drainTimeout: "100ms" } });
  const input = { name: "v", sizeGiB: mib };
  const refused = await house.volume.create(input, { timeout: "2s" }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ reason: "NO_NEWS", retryable: true, data: { considered: 0, hosts: [] } });
  expect((await house.volume.list({})).items).toEqual([]);
  // Repeated with its key it would find what goes on for it.
  const keyed = { timeout: "1s", idempotencyKey: "k1" } as const;
  await expect(house.volume.create(input, keyed)).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect((await house.volume.list({})).items).toMatchObject([{ status: "creating", host: null }]);
});

test("a caller that leaves ends its waiting, not the work", async () => {
  await using house = await BlockHouse.open();
  const hold = house.backend().steered.hold("create", "before");
  const leaving = new AbortController();
  const creating = house.volume.create({ name: "v", sizeGiB: mib }, { signal: leaving.signal });
  await hold.reached;
  leaving.abort();
  await expect(creating).rejects.toMatchObject({ reason: "CANCELLED" });
  const [row] = (await house.volume.list({})).items;
  expect(row).toMatchObject({ status: "creating", host: "host@ssd" });
  hold.release();
  await expect.poll(async () => (await house.volume.get({ id: row!.id })).status).toBe("available");
});

test("the same idempotency key creates one volume", async () => {
  await using house = await BlockHouse.open();
  const input = { name: "once", sizeGiB: mib };
  const first = await house.volume.create(input, { idempotencyKey: "k" });
  await house.crash();
  const again = await house.volume.create(input, { idempotencyKey: "k" });
  expect(again.id).toBe(first.id);
  expect((await house.volume.list({})).items).toHaveLength(1);
});
