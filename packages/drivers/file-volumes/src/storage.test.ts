import { rm, stat } from "node:fs/promises";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Mounted, mountImage, mountTmpfs, scratchDirectory, whyNot } from "./scratch.fixture.ts";
import { TestSession } from "./session.fixture.ts";

const mebibyte = 2 ** 20;
const from = { kind: "volume", id: "a" } as const;

let root = "";
beforeEach(async () => {
  root = await scratchDirectory();
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function storedBytes(session: TestSession, id: string): Promise<number> {
  const { blocks } = await stat((await session.connect(id)).path);
  return blocks * 512;
}

test("a sparse volume takes next to no storage, however large it is", async () => {
  const session = await TestSession.open({ root });
  await session.create({ id: "a", sizeGiB: 512 });
  await session.extend({ id: "a", sizeGiB: 1024 });
  expect(await storedBytes(session, "a")).toBeLessThan(mebibyte);
  expect(await session.stats()).toMatchObject({ provisionedBytes: 2 ** 40 });
});

test("a clone of a sparse volume is sparse", async () => {
  const session = await TestSession.open({ root });
  await session.import({ id: "a", sizeGiB: 1 / 16 }, Buffer.alloc(mebibyte, 1));
  await session.clone({ id: "b", sizeGiB: 1 / 16, from, independent: true });
  expect(await storedBytes(session, "b")).toBeLessThan(2 * mebibyte);
});

describe.skipIf(process.platform !== "linux")("with reserved storage", () => {
  test("a volume holds its whole size from the start, also extended, cloned and imported", async () => {
    const session = await TestSession.open({ root, allocation: "full" });
    await session.create({ id: "a", sizeGiB: 1 / 512 });
    expect(await storedBytes(session, "a")).toBeGreaterThanOrEqual(2 * mebibyte);
    await session.extend({ id: "a", sizeGiB: 1 / 256 });
    expect(await storedBytes(session, "a")).toBeGreaterThanOrEqual(4 * mebibyte);
    await session.clone({ id: "b", sizeGiB: 1 / 128, from });
    expect(await storedBytes(session, "b")).toBeGreaterThanOrEqual(8 * mebibyte);
    await session.import({ id: "c", sizeGiB: 1 / 512 }, Buffer.alloc(10, 1));
    expect(await storedBytes(session, "c")).toBeGreaterThanOrEqual(2 * mebibyte);
  });

  test("without the tool the driver does not set up, rather than promise what it cannot hold", async () => {
    const path = process.env.PATH;
    process.env.PATH = root;
    try {
      await expect(TestSession.open({ root, allocation: "full" })).rejects.toMatchObject({
        code: "UNIMPLEMENTED",
        retryable: false,
        message: /no fallocate on the PATH; install util-linux/,
      });
    } finally {
      process.env.PATH = path;
    }
  });
});

const noTmpfs = await whyNot(() => mountTmpfs(mebibyte));
if (noTmpfs) console.log(`file-volumes: the tests of a full file system are skipped: ${noTmpfs}`);

describe.skipIf(noTmpfs)("on a full file system", () => {
  let mounted: Mounted;
  beforeEach(async () => {
    mounted = await mountTmpfs(4 * mebibyte);
  });
  afterEach(() => mounted.unmount());

  test("an extension that cannot be reserved leaves the volume as it was", async () => {
    const session = await TestSession.open({ root: mounted.root, allocation: "full" });
    await session.create({ id: "a", sizeGiB: 1 / 1024 });
    await expect(session.extend({ id: "a", sizeGiB: 1 / 16 })).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    expect((await session.list()).volumes).toEqual([{ id: "a", sizeGiB: 1 / 1024 }]);
    expect((await session.export(from)).equals(Buffer.alloc(mebibyte))).toBe(true);
  });

  test("a copy that does not fit ends RESOURCE_EXHAUSTED and gives its storage back", async () => {
    const session = await TestSession.open({ root: mounted.root });
    await session.import({ id: "a", sizeGiB: 1 / 256 }, Buffer.alloc(3 * mebibyte, 1));
    const before = await session.stats();
    const full = { code: "RESOURCE_EXHAUSTED", retryable: false, data: { errno: "ENOSPC" } };
    await expect(session.snapshot({ id: "s", volumeId: "a" })).rejects.toMatchObject(full);
    await expect(session.clone({ id: "b", sizeGiB: 1 / 256, from })).rejects.toMatchObject(full);
    expect(await session.stats()).toEqual(before);
    expect((await session.list()).leftovers).toEqual([]);
  });
});

const mountExt3 = () => mountImage("ext3", 16 * mebibyte);
const noExt3 = await whyNot(mountExt3);
if (noExt3) console.log(`file-volumes: the test of a file system that cannot reserve is skipped: ${noExt3}`);

test.skipIf(noExt3)("a file system that cannot reserve storage is UNIMPLEMENTED, and no volume is left", async () => {
  const mounted = await mountExt3();
  try {
    const session = await TestSession.open({ root: mounted.root, allocation: "full" });
    await expect(session.create({ id: "a", sizeGiB: 1 / 1024 })).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
    expect(await session.list()).toEqual({ volumes: [], snapshots: [], leftovers: [] });
  } finally {
    await mounted.unmount();
  }
});

for (const type of ["xfs", "btrfs"] as const) {
  const mounting = () => mountImage(type, 512 * mebibyte);
  const missing = await whyNot(mounting);
  if (missing) console.log(`file-volumes: the test of reflinks on ${type} is skipped: ${missing}`);
  describe.skipIf(missing)(`on ${type}`, () => {
    let mounted: Mounted;
    afterAll(() => mounted.unmount());

    test("snapshots and clones share storage with their source; an independent clone and a reserving driver do not", async () => {
      mounted = await mounting();
      const session = await TestSession.open({ root: mounted.root });
      const bytes = 64 * mebibyte;
      await session.import({ id: "a", sizeGiB: 1 / 8 }, Buffer.alloc(bytes, 1));
      const before = await session.stats();
      await session.snapshot({ id: "s", volumeId: "a" });
      await session.clone({ id: "b", sizeGiB: 1 / 4, from: { kind: "snapshot", id: "s", volumeId: "a" } });
      const shared = await session.stats();
      expect(before.freeBytes - shared.freeBytes).toBeLessThan(bytes / 4);
      expect(shared.provisionedBytes).toBe((1 / 8 + 1 / 8 + 1 / 4) * 2 ** 30);
      await session.clone({ id: "c", sizeGiB: 1 / 8, from, independent: true });
      const copied = await session.stats();
      expect(shared.freeBytes - copied.freeBytes).toBeGreaterThan(bytes * 0.9);
      const reserving = await TestSession.open({ root: mounted.root, allocation: "full" });
      await reserving.clone({ id: "d", sizeGiB: 1 / 8, from });
      // The data, and the part of the volume that was never written.
      expect(copied.freeBytes - (await session.stats()).freeBytes).toBeGreaterThan(bytes * 1.9);
    });
  });
}
