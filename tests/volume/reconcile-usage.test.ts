import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

const at = "host@ssd";
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

test("at a start what is missing is marked, what is unknown is told and left alone", async () => {
  const before = await BlockHouse.open();
  const [kept, gone] = [await before.make("kept"), await before.make("gone")];
  const frozen = await before.volume.snapshot({ id: kept.id, name: "noon" });
  const { root } = before.backend();
  const directory = await before.leave();
  await rm(join(root, `${gone.id}.volume`));
  await rm(join(root, `${kept.id}.${frozen.id}.snapshot`));
  await writeFile(join(root, "stranger.volume"), Buffer.alloc(2 ** 20));

  await using house = await BlockHouse.open({ directory });
  expect(await house.volume.get({ id: kept.id })).toEqual(kept);
  expect(await house.volume.get({ id: gone.id })).toMatchObject({
    status: "error",
    host: at,
    fault: { reason: "MISSING" },
  });
  expect((await house.volume.listSnapshots({})).items).toMatchObject([
    { status: "error", fault: { reason: "MISSING" } },
  ]);
  expect(house.report().own).toMatchObject({
    reconciliation: { unknown: ["stranger"], missing: [gone.id, frozen.id], found: [] },
  });
  expect(await readdir(root)).toContain("stranger.volume");
  // What is missing can still be deleted.
  await house.volume.delete({ id: gone.id });
});

test("what turns up again is available again", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("v");
  const image = join(house.backend().root, `${made.id}.volume`);
  const rescan = () => house.volume.at(at).rescan({});
  expect(await rescan()).toEqual(nothing);
  await rename(image, `${image}.away`);
  expect(await rescan()).toEqual({ ...nothing, missing: [made.id] });
  expect(await rescan()).toEqual(nothing);
  await rename(`${image}.away`, image);
  expect(await rescan()).toEqual({ ...nothing, found: [made.id] });
  expect(await house.volume.get({ id: made.id })).toEqual(made);
});

test("what is made or removed while it is counted is neither missing nor unknown", async () => {
  await using house = await BlockHouse.open();
  const { steered } = house.backend();
  const doomed = await house.make("doomed");
  const creating = steered.hold("create", "before");
  const begun = house.make("begun before");
  await creating.reached;
  const listing = steered.hold("list", "after");
  const counted = house.volume.at(at).rescan({});
  await listing.reached;
  creating.release();
  const made = [await begun, await house.make("begun after")];
  await house.volume.delete({ id: doomed.id });
  listing.release();
  expect(await counted).toEqual(nothing);
  expect((await house.volume.list({})).items).toEqual(made);
});

test("what is being worked on is not judged", async () => {
  await using house = await BlockHouse.open();
  const doomed = await house.make("doomed");
  const { steered } = house.backend();
  const holds = [steered.hold("create", "before"), steered.hold("delete", "after")];
  const working = [house.make("new"), house.volume.delete({ id: doomed.id })];
  await Promise.all(holds.map(({ reached }) => reached));
  expect(await house.volume.at(at).rescan({})).toEqual(nothing);
  for (const hold of holds) hold.release();
  await Promise.all(working);
});

test("volumes of another backend are not this one's to count", async () => {
  await using house = await BlockHouse.open({
    backends: ["ssd", "hdd"],
    config: (backend) => ({ labels: { media: backend } }),
  });
  await house.reported("hdd");
  await house.volume.create({ name: "v", sizeGiB: mib, labels: { media: "hdd" } });
  expect(await house.volume.at(at).rescan({})).toEqual(nothing);
});

test("what was connected is connected again after a start", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("v");
  await house.volume.connect({ id: made.id });
  await house.crash();
  expect(house.backend().steered.calls.filter((call) => call === "connect")).toHaveLength(2);
  await expect(house.volume.delete({ id: made.id })).rejects.toMatchObject({ reason: "IN_USE" });
  await house.volume.disconnect({ id: made.id });
  expect(await house.volume.disconnect({ id: made.id })).toMatchObject({ connected: false });
  await house.volume.delete({ id: made.id });
});
