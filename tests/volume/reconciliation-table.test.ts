import { readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DriverError } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

const at = "host@ssd";
const mebibyte = 2 ** 20;
const nothing = {
  unknown: [],
  missing: [],
  found: [],
  forgotten: [],
  unmanaged: [],
  removed: [],
  resized: [],
  unaccounted: [],
};

const rescan = (house: BlockHouse) => house.volume.at(at).rescan({});
const image = (house: BlockHouse, id: string) => join(house.backend().root, `${id}.volume`);

type Image = "whole" | "larger" | "smaller" | "absent";

async function leave(path: string, found: Image): Promise<void> {
  if (found === "absent") await rm(path);
  else await truncate(path, { whole: 4, larger: 8, smaller: 1 }[found] * mebibyte);
}

const restored = { status: "available", fault: null };
const lost = { status: "error", fault: { reason: "MISSING" } };

test.each<[string, Image, object, keyof typeof nothing | undefined]>([
  ["available", "whole", { status: "available", sizeGiB: 4 * mib }, undefined],
  ["available", "larger", { status: "available", sizeGiB: 8 * mib }, "resized"],
  ["available", "smaller", { ...lost, sizeGiB: 4 * mib }, "missing"],
  ["available", "absent", lost, "missing"],
  ...["FAILED", "INTERRUPTED", "MISSING"].flatMap(
    (reason): [string, Image, object, keyof typeof nothing | undefined][] => [
      [reason, "whole", { ...restored, sizeGiB: 4 * mib }, "found"],
      [reason, "larger", { ...restored, sizeGiB: 8 * mib }, "found"],
      [reason, "smaller", { status: "error", fault: { reason }, sizeGiB: 4 * mib }, undefined],
      [reason, "absent", { status: "error", fault: { reason } }, undefined],
    ],
  ),
])("a row that is %s and an image that is %s become %j", async (standing, found, expected, told) => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v", 4 * mib);
  const { id: frozen } = await house.volume.snapshot({ id, name: "noon" });
  const fault = JSON.stringify({ reason: standing, message: "by hand" });
  if (standing !== "available") {
    await house.byHand("update volume_volumes set status = 'error', fault = ?", fault);
    await house.byHand("update volume_snapshots set status = 'error', fault = ?", fault);
  }
  await leave(image(house, id), found);
  await leave(join(house.backend().root, `${id}.${frozen}.snapshot`), found);
  const result = await rescan(house);
  const resized = (one: string) => ({ id: one, sizeGiB: 4 * mib, imageGiB: (found === "larger" ? 8 : 1) * mib });
  const isResized = told !== undefined && (found === "larger" || found === "smaller");
  expect(result).toEqual({
    ...nothing,
    ...(told === undefined || told === "resized" ? {} : { [told]: [id, frozen] }),
    ...(isResized ? { resized: [resized(id), resized(frozen)] } : {}),
  });
  expect(await house.volume.get({ id })).toMatchObject(expected);
  expect((await house.volume.listSnapshots({})).items).toMatchObject([expected]);
  // The second finds nothing to change.
  expect(await rescan(house)).toEqual(nothing);
  expect(house.report().own).toMatchObject({ reconciliation: nothing });
});

test("an extension that takes effect after its deadline is given out, and so it counts", async () => {
  await using house = await BlockHouse.open({ config: { quotaGiB: 10 * mib } });
  const { id } = await house.make("grows late", mib);
  const { steered, root } = house.backend();
  steered.failOnce("extend", "before", () => new DriverError("DEADLINE_EXCEEDED", "the array is slow"));
  await expect(house.volume.extend({ id, sizeGiB: 5 * mib })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(await house.volume.get({ id })).toMatchObject({ status: "available", sizeGiB: mib });
  await house.make("beside it", 6 * mib);
  // Now it does: 11 of 10 are given out.
  await truncate(join(root, `${id}.volume`), 5 * mebibyte);
  expect(await rescan(house)).toEqual({ ...nothing, resized: [{ id, sizeGiB: mib, imageGiB: 5 * mib }] });
  expect(await house.volume.get({ id })).toMatchObject({ status: "available", sizeGiB: 5 * mib });
  await expect(house.make("no more")).rejects.toMatchObject({ reason: "QUOTA_EXCEEDED", data: { usedGiB: 11 * mib } });
  expect(await house.volume.extend({ id, sizeGiB: 5 * mib })).toMatchObject({ sizeGiB: 5 * mib });
});

test("an image without a whole number of MiB counts as large as its row says; impossible sizes of a device are not believed", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v");
  await truncate(image(house, id), mebibyte + 512);
  expect(await rescan(house)).toEqual(nothing);
  for (const sizeGiB of [Number.NaN, Number.POSITIVE_INFINITY, undefined, "9"]) {
    house.backend().steered.clear();
    house.backend().steered.alter("list", (images) => ({
      ...images,
      volumes: [
        { id, sizeGiB },
        { id: "x", sizeGiB },
      ],
    }));
    const unaccounted = [expect.objectContaining({ kind: "volume", id: "x" })];
    expect(await rescan(house)).toEqual({ ...nothing, unknown: ["x"], unaccounted });
  }
  expect(await house.volume.get({ id })).toMatchObject({ status: "available", sizeGiB: mib });
});

test("what is being worked on, or was while it was counted, is not judged by its size", async () => {
  await using house = await BlockHouse.open();
  const { steered } = house.backend();
  const { id } = await house.make("v");
  // Counted as it was before it grew, and told after.
  const listing = steered.hold("list", "after");
  const counted = rescan(house);
  await listing.reached;
  await house.volume.extend({ id, sizeGiB: 2 * mib });
  listing.release();
  expect(await counted).toEqual(nothing);
  // Grown on the device, and not yet in the row.
  const growing = steered.hold("extend", "after");
  const extended = house.volume.extend({ id, sizeGiB: 3 * mib });
  await growing.reached;
  expect(await rescan(house)).toEqual(nothing);
  growing.release();
  expect(await extended).toMatchObject({ status: "available", sizeGiB: 3 * mib });
});

test("a volume that is deleted or repaired between the count and its verdict is left as it is", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("connected");
  const other = await house.make("other");
  await house.volume.connect({ id });
  const fault = JSON.stringify({ reason: "FAILED", message: "by hand" });
  await house.byHand("update volume_volumes set status = 'error', fault = ? where id = ?", fault, id);
  await rename(image(house, other.id), `${image(house, other.id)}.away`);
  // It is connected first, and the verdicts come after.
  const hold = house.backend().steered.hold("connect", "before");
  const counted = rescan(house);
  await hold.reached;
  await house.byHand("update volume_volumes set fault = null where id = ?", id);
  await house.volume.delete({ id: other.id });
  hold.release();
  expect(await counted).toEqual(nothing);
  expect(await house.volume.get({ id })).toMatchObject({ status: "error", fault: null });
});

test("what no row accounts for is told, with whose it is where that is known, and never touched", async () => {
  await using house = await BlockHouse.open({
    backends: ["ssd", "hdd"],
    config: (backend) => ({ labels: { media: backend } }),
  });
  const { root } = house.backend();
  const there = await house.volume.create({ name: "there", sizeGiB: 4 * mib, labels: { media: "hdd" } });
  const { id: snapshotId } = await house.volume.snapshot({ id: there.id, name: "noon" });
  const nobodys = await house.make("nobody's");
  await house.byHand("update volume_volumes set host = null, status = 'error' where id = ?", nobodys.id);
  const files = [`${there.id}.volume`, `${there.id}.${snapshotId}.snapshot`, `${nobodys.id}.volume`, "stranger.volume"];
  for (const file of files) await writeFile(join(root, file), Buffer.alloc(mebibyte));
  const result = await rescan(house);
  const volume = { kind: "volume", sizeGiB: mib };
  const all = [
    { ...volume, id: there.id, host: "host@hdd" },
    { ...volume, id: nobodys.id, host: null },
    { ...volume, id: "stranger" },
    { ...volume, kind: "snapshot", id: snapshotId, volumeId: there.id, host: "host@hdd" },
  ];
  expect(result).toMatchObject({ missing: [], found: [], resized: [] });
  expect(result.unaccounted!.toSorted(byId)).toEqual(all.toSorted(byId));
  expect(result.unknown.toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  expect(house.report().own).toMatchObject({ reconciliation: { unaccounted: result.unaccounted } });
  expect(await readdir(root)).toEqual(expect.arrayContaining(files));
  expect(await house.volume.get({ id: there.id })).toEqual(there);
});

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}
