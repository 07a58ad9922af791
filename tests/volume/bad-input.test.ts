import { volumes } from "@reeve/managers/volume";
import { expect, test } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

test("sizes and names that cannot be are refused before anything is made, naming the field", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v");
  const sizes = [0, -1, 1.0001, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 22 + 1, "1", null, undefined];
  for (const sizeGiB of sizes as number[]) {
    const refused = { reason: "INVALID_INPUT", data: { issues: [{ path: "sizeGiB" }] } };
    await expect(house.volume.create({ name: "v", sizeGiB })).rejects.toMatchObject(refused);
    await expect(house.volume.extend({ id, sizeGiB })).rejects.toMatchObject(refused);
  }
  for (const name of ["", "x".repeat(256), 7, undefined] as string[]) {
    const refused = { reason: "INVALID_INPUT", data: { issues: [{ path: "name" }] } };
    await expect(house.volume.create({ name, sizeGiB: mib })).rejects.toMatchObject(refused);
    await expect(house.volume.snapshot({ id, name })).rejects.toMatchObject(refused);
    await expect(house.volume.clone({ id, name })).rejects.toMatchObject(refused);
  }
  for (const bad of ["", "../x", "a/b", "a b", "x".repeat(65), 7] as string[]) {
    const refused = { reason: "INVALID_INPUT", data: { issues: [{ path: "id" }] } };
    await expect(house.volume.get({ id: bad })).rejects.toMatchObject(refused);
    await expect(house.volume.delete({ id: bad })).rejects.toMatchObject(refused);
  }
  expect((await house.volume.list({})).items).toHaveLength(1);
  expect(house.backend().steered.calls.filter((call) => call === "create")).toHaveLength(1);
});

test("a field that does not exist is refused, naming it, and nothing is made without it", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v");
  const { volume } = house;
  const lables = { media: "ssd" };
  const attempts: Record<string, (more: object) => Promise<unknown>> = {
    create: (more) => volume.create({ name: "w", sizeGiB: mib, ...more }),
    list: (more) => volume.list({ filter: more }),
    extend: (more) => volume.extend({ id, sizeGiB: 2 * mib, ...more }),
    snapshot: (more) => volume.snapshot({ id, name: "s", ...more }),
    listSnapshots: (more) => volume.listSnapshots({ filter: more }),
    clone: (more) => volume.clone({ id, name: "c", ...more }),
    copy: (more) => volume.copy({ id, name: "c", ...more }).result,
    import: (more) => volume.at("host@ssd").import({ file: "f", name: "i", ...more }).result,
    export: (more) => volume.export({ id, file: "f", ...more }).result,
    forget: (more) => volume.forget({ id, reason: "r", ...more }),
    unmanage: (more) => volume.unmanage({ id, reason: "r", ...more }),
    removeForgotten: (more) => volume.at("host@ssd").removeForgotten({ ids: [id], reason: "r", ...more }),
    rescan: (more) => volume.at("host@ssd").rescan(more as never),
  };
  // These take what only names a thing.
  const named = ["build", "get", "delete", "remove", "deleteSnapshot", "removeSnapshot", "connect", "disconnect"];
  expect([...named, ...Object.keys(attempts)].sort()).toEqual([...volumes.operations.keys()].sort());
  for (const [operation, attempt] of Object.entries(attempts)) {
    await expect(attempt({ lables }), operation).rejects.toMatchObject({
      reason: "INVALID_INPUT",
      message: expect.stringContaining('"lables"'),
    });
  }
  expect((await volume.list({})).items).toMatchObject([{ id, sizeGiB: mib }]);
  expect(house.backend().steered.calls).not.toContain("snapshots.create");
});

test("where only an id is asked for, the whole volume will do", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("v");
  expect(await house.volume.get(made)).toEqual(made);
  await house.volume.delete(made);
  await expect(house.volume.get(made)).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("what is not there is not found, by every operation on one volume", async () => {
  await using house = await BlockHouse.open();
  const id = "nothing";
  const { volume } = house;
  for (const attempt of [
    volume.get({ id }),
    volume.delete({ id }),
    volume.extend({ id, sizeGiB: mib }),
    volume.snapshot({ id, name: "x" }),
    volume.clone({ id, name: "x" }),
    volume.copy({ id, name: "x" }).result,
    volume.export({ id, file: "x" }).result,
    volume.connect({ id }),
    volume.disconnect({ id }),
    volume.deleteSnapshot({ id, snapshotId: "x" }),
    volume.at("host@ssd").build({ id }),
  ]) {
    await expect(attempt).rejects.toMatchObject({ code: "NOT_FOUND" });
  }
});

test("a snapshot is found under its own volume only", async () => {
  await using house = await BlockHouse.open();
  const [one, two] = [await house.make("one"), await house.make("two")];
  const { id: snapshotId } = await house.volume.snapshot({ id: one.id, name: "noon" });
  await expect(house.volume.deleteSnapshot({ id: two.id, snapshotId })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(house.volume.clone({ id: two.id, snapshotId, name: "x" })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a clone smaller than its source is refused", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v", 2 * mib);
  const refused = { reason: "TOO_SMALL", data: { leastGiB: 2 * mib } };
  await expect(house.volume.clone({ id, name: "x", sizeGiB: mib })).rejects.toMatchObject(refused);
  await expect(house.volume.copy({ id, name: "x", sizeGiB: mib }).result).rejects.toMatchObject(refused);
});

test.each([
  { quotaGiB: -1 },
  { quotas: { a: "many" } },
  { maxAttempts: 0 },
  { exportDirectory: "relative/path" },
  { overcommitRatio: 0.5 },
  { reservedPercent: 101 },
  { misspelt: 1 },
])("the configuration %o is refused at the start, naming the field", async (config) => {
  const [field] = Object.keys(config);
  await expect(BlockHouse.open({ config: config as never })).rejects.toMatchObject({
    reason: "BOOT_FAILED",
    cause: { reason: "INVALID_OPTION", message: expect.stringContaining(field!) },
  });
});
