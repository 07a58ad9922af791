import { open, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { BlockHouse, imagesIn, mib } from "./block-house.ts";

test("a volume is placed, built, found, grown and deleted", async () => {
  await using house = await BlockHouse.open({ backends: ["ssd", "hdd"] });
  const { volume } = house;
  const made = await volume.create({ name: "db", sizeGiB: mib });
  expect(made).toMatchObject({ name: "db", sizeGiB: mib, status: "available", fault: null, connected: false });
  expect(["host@ssd", "host@hdd"]).toContain(made.host);
  expect(await volume.get({ id: made.id })).toEqual(made);

  const { path } = await volume.connect({ id: made.id });
  expect((await stat(path)).size).toBe(2 ** 20);
  await volume.disconnect({ id: made.id });

  expect(await volume.extend({ id: made.id, sizeGiB: 3 * mib })).toEqual({ ...made, sizeGiB: 3 * mib });
  expect((await stat(path)).size).toBe(3 * 2 ** 20);

  await volume.delete({ id: made.id });
  await expect(volume.get({ id: made.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(stat(path)).rejects.toThrow("ENOENT");
});

test("content survives extending, snapshots, clones and copies", async () => {
  await using house = await BlockHouse.open();
  const { volume } = house;
  const { id } = await house.make("origin", 4 * mib);
  const origin = await volume.connect({ id });
  await write(origin.path, "before");

  await volume.extend({ id, sizeGiB: 8 * mib });
  expect(await read(origin.path)).toBe("before");

  const frozen = await volume.snapshot({ id, name: "noon" });
  expect(frozen).toMatchObject({ volumeId: id, status: "available", sizeGiB: 8 * mib });
  await write(origin.path, "after!");

  const fromSnapshot = await volume.clone({ id, snapshotId: frozen.id, name: "then" });
  const fromVolume = await volume.clone({ id, name: "now", sizeGiB: 16 * mib });
  const copying = volume.copy({ id, name: "twin" });
  const steps: number[] = [];
  for await (const { percent } of copying) steps.push(percent);
  const twin = await copying.result;

  expect(fromVolume.sizeGiB).toBe(16 * mib);
  expect(await contentOf(fromSnapshot.id)).toBe("before");
  expect(await contentOf(fromVolume.id)).toBe("after!");
  expect(await contentOf(twin.id)).toBe("after!");
  expect(steps.at(-1)).toBe(100);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));

  async function contentOf(volumeId: string): Promise<string> {
    return read((await volume.connect({ id: volumeId })).path);
  }
});

test("a volume with snapshots cannot be deleted, nor one that is connected", async () => {
  await using house = await BlockHouse.open();
  const { volume } = house;
  const { id } = await house.make("kept");
  const { id: snapshotId } = await volume.snapshot({ id, name: "noon" });
  await expect(volume.delete({ id })).rejects.toMatchObject({ reason: "HAS_SNAPSHOTS", data: { snapshots: 1 } });

  await volume.connect({ id });
  await volume.deleteSnapshot({ id, snapshotId });
  await expect(volume.delete({ id })).rejects.toMatchObject({ reason: "IN_USE", data: { host: "host@ssd" } });

  await volume.disconnect({ id });
  await volume.delete({ id });
  expect(await imagesIn(house.backend().root)).toEqual([]);
});

test("building twice makes one volume", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("once");
  const again = await house.volume.at("host@ssd").build({ id: made.id });
  expect(again).toEqual(made);
  expect(house.backend().steered.calls.filter((call) => call === "create")).toHaveLength(1);
});

test("what another host holds is neither built nor changed here", async () => {
  await using house = await BlockHouse.open({ backends: ["ssd", "hdd"] });
  const { id, host } = await house.make("taken");
  const other = host === "host@ssd" ? "host@hdd" : "host@ssd";
  await expect(house.volume.at(other).build({ id })).rejects.toMatchObject({
    reason: "WRONG_STATUS",
    data: { status: "available" },
  });
  const growing = { id, sizeGiB: 2 * mib };
  await expect(house.volume.at(other).extend(growing)).rejects.toMatchObject({
    reason: "MOVED",
    data: { owner: host },
  });
  await expect(house.volume.extend(growing)).resolves.toMatchObject({ host, sizeGiB: 2 * mib });
});

test("shrinking is refused, and the same size is no work", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("fixed", 2 * mib);
  await expect(house.volume.extend({ id: made.id, sizeGiB: mib })).rejects.toMatchObject({
    reason: "TOO_SMALL",
    data: { leastGiB: 2 * mib },
  });
  expect(await house.volume.extend({ id: made.id, sizeGiB: 2 * mib })).toEqual(made);
  expect(house.backend().steered.calls).not.toContain("extend");
});

test("calls for one volume wait for each other, those for another do not", async () => {
  await using house = await BlockHouse.open();
  const [first, second] = [await house.make("first"), await house.make("second")];
  const hold = house.backend().steered.hold("extend", "before");
  const growing = house.volume.extend({ id: first.id, sizeGiB: 2 * mib });
  await hold.reached;
  const deleting = house.volume.delete({ id: first.id });
  await house.volume.snapshot({ id: second.id, name: "meanwhile" });
  expect(await house.volume.get({ id: first.id })).toMatchObject({ status: "extending" });
  hold.release();
  expect(await growing).toMatchObject({ status: "available", sizeGiB: 2 * mib });
  await deleting;
});

async function write(path: string, text: string): Promise<void> {
  const file = await open(path, "r+");
  await file.write(text, 1_000_000);
  await file.close();
}

async function read(path: string): Promise<string> {
  const file = await open(path, "r");
  const { buffer } = await file.read({ buffer: Buffer.alloc(6), position: 1_000_000 });
  await file.close();
  return buffer.toString();
}
