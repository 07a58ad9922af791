import { execFile } from "node:child_process";
import { mkdir, open, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { BlockHouse, imagesIn, mib } from "./block-house.ts";

const at = "host@ssd";

test("at its start a host removes what exports have left half way, and nothing else", async () => {
  const before = await BlockHouse.open();
  const { id } = await before.make("v");
  const directory = await before.leave();
  const nonce = "01M8MXJ2007SXYB729WS7F4TW2";
  const kept = [`.01ARZ3NDEKTSV4RRFFQ69G5FAV.${nonce}.partial`, ".hidden", "out.img"];
  for (const name of [...kept, `.${id}.${nonce}.partial`]) await writeFile(join(before.exports, name), "half");
  await using house = await BlockHouse.open({ directory });
  expect((await readdir(house.exports)).sort()).toEqual(kept.sort());
});

test("what is imported and exported is the same, byte for byte", async () => {
  await using house = await BlockHouse.open();
  const content = Buffer.alloc(2_500_000, "reeve ");
  await writeFile(join(house.exports, "in.img"), content);
  const importing = house.volume.at(at).import({ file: "in.img", name: "v" });
  expect(await percents(importing)).toBe(100);
  const made = await importing.result;
  expect(made).toMatchObject({ name: "v", sizeGiB: 3 * mib, status: "available", host: at });

  const exporting = house.volume.export({ id: made.id, file: "out.img" });
  expect(await percents(exporting)).toBe(100);
  expect(await exporting.result).toEqual({ file: "out.img", bytes: 3 * 2 ** 20 });
  const out = await readFile(join(house.exports, "out.img"));
  expect(out.subarray(0, content.length).equals(content)).toBe(true);
  expect(out.subarray(content.length).every((byte) => byte === 0)).toBe(true);
  expect(await house.volume.get({ id: made.id })).toEqual(made);
});

test("zeros of an exported volume take no room", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("empty", 64 * mib);
  await house.volume.export({ id, file: "out.img" }).result;
  const { size, blocks } = await stat(join(house.exports, "out.img"));
  expect(size).toBe(64 * 2 ** 20);
  expect(blocks * 512).toBeLessThan(2 ** 20);
});

test("an empty file becomes the smallest volume", async () => {
  await using house = await BlockHouse.open();
  await writeFile(join(house.exports, "in.img"), "");
  const made = await house.volume.at(at).import({ file: "in.img", name: "v" }).result;
  expect(made.sizeGiB).toBe(mib);
});

test("a file larger than the size asked for is refused", async () => {
  await using house = await BlockHouse.open();
  await writeFile(join(house.exports, "in.img"), Buffer.alloc(2 ** 20 + 1));
  const importing = house.volume.at(at).import({ file: "in.img", name: "v", sizeGiB: mib });
  await expect(importing.result).rejects.toMatchObject({ reason: "TOO_SMALL", data: { leastGiB: 2 * mib } });
  expect((await house.volume.list({})).items).toEqual([]);
});

test("an export never replaces a file, not even one that appears while it runs", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v");
  const out = join(house.exports, "out.img");
  await writeFile(out, "mine");
  const refused = { reason: "FILE_EXISTS", data: { file: "out.img" } };
  await expect(house.volume.export({ id, file: "out.img" }).result).rejects.toMatchObject(refused);

  const hold = house.backend().steered.hold("images.export", "after");
  const racing = house.volume.export({ id, file: "late.img" }).result.catch((error: unknown) => error);
  await hold.reached;
  await writeFile(join(house.exports, "late.img"), "mine too");
  hold.release();
  expect(await racing).toMatchObject({ reason: "FILE_EXISTS" });
  expect(await readFile(out, "utf8")).toBe("mine");
  expect(await readFile(join(house.exports, "late.img"), "utf8")).toBe("mine too");
  expect((await readdir(house.exports)).sort()).toEqual(["late.img", "out.img"]);
  expect(await house.volume.get({ id })).toMatchObject({ status: "available" });
});

test("names that lead anywhere else are refused by the contract", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v");
  for (const file of ["", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", ".hidden", "a\0", "a\n", "x".repeat(201)]) {
    const refused = { reason: "INVALID_INPUT", data: { issues: [{ path: "file" }] } };
    await expect(house.volume.export({ id, file }).result).rejects.toMatchObject(refused);
    await expect(house.volume.at(at).import({ file, name: "x" }).result).rejects.toMatchObject(refused);
  }
});

test("links, pipes, directories and what is missing cannot be imported", async () => {
  await using house = await BlockHouse.open();
  const secret = join(house.directory, "secret");
  await writeFile(secret, "secret");
  await symlink(secret, join(house.exports, "link"));
  await symlink(house.directory, join(house.exports, "way-out"));
  await mkdir(join(house.exports, "directory"));
  await promisify(execFile)("mkfifo", [join(house.exports, "pipe")]);
  for (const file of ["link", "way-out", "directory", "pipe", "missing"]) {
    const importing = house.volume.at(at).import({ file, name: "x" });
    await expect(importing.result).rejects.toMatchObject({ reason: "NO_FILE", code: "NOT_FOUND", data: { file } });
  }
  expect((await house.volume.list({})).items).toEqual([]);
});

test("an export does not write through a link that has its name", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v");
  const victim = join(house.directory, "victim");
  await symlink(victim, join(house.exports, "out.img"));
  await expect(house.volume.export({ id, file: "out.img" }).result).rejects.toMatchObject({ reason: "FILE_EXISTS" });
  await expect(stat(victim)).rejects.toThrow("ENOENT");
});

test("without a directory neither is offered", async () => {
  await using house = await BlockHouse.open({ config: { exportDirectory: undefined } });
  const { id } = await house.make("v");
  const refused = { reason: "NO_DIRECTORY", data: { address: at } };
  await expect(house.volume.export({ id, file: "x" }).result).rejects.toMatchObject(refused);
  await expect(house.volume.at(at).import({ file: "x", name: "x" }).result).rejects.toMatchObject(refused);
});

test("a transfer whose caller cancels it ends, and leaves nothing whole", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v", 8 * mib);
  const { path } = await house.volume.connect({ id });
  const file = await open(path, "r+");
  await file.write(Buffer.alloc(8 * 2 ** 20, 1));
  await file.close();
  const hold = house.backend().steered.hold("clones.clone", "before");
  const leaving = new AbortController();
  const copying = house.volume.copy({ id, name: "twin" }, { signal: leaving.signal }).result;
  const ended = copying.catch((error: unknown) => error);
  await hold.reached;
  leaving.abort();
  expect(await ended).toMatchObject({ reason: "CANCELLED" });
  await expect
    .poll(async () => (await house.volume.list({ filter: { status: "error" } })).items)
    .toMatchObject([{ name: "twin", fault: { reason: "FAILED" } }]);
  hold.release();
  expect(await imagesIn(house.backend().root)).toEqual([`${id}.volume`]);
});

async function percents(steps: AsyncIterable<{ readonly percent: number }>): Promise<number> {
  let last = -1;
  for await (const { percent } of steps) {
    expect(percent).toBeGreaterThan(last);
    last = percent;
  }
  return last;
}
