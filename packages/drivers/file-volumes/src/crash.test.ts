import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { link, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Source } from "@reeve/driver-sdk/volume";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseName } from "./image-name.ts";
import { scratchDirectory } from "./scratch.fixture.ts";
import { callWith, TestSession } from "./session.fixture.ts";

const mebibyte = 2 ** 20;
const sizeGiB = 1 / 32;

let root = "";
beforeEach(async () => {
  root = await scratchDirectory();
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Runs a process that clones, and kills it once it is that far into its second clone. */
async function killAt(doneBytes: number, prefix: string): Promise<void> {
  const script = new URL("clone-until-killed.fixture.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=reeve-source", script, root, prefix], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    const [round, done] = line.split(" ").map(Number);
    if (round! > 1 || (round === 1 && done! >= doneBytes)) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
}

const checksum = (content: Buffer) => createHash("sha256").update(content).digest("hex");

test("a process killed in the middle of a copy leaves finished images and leftovers with a name, never a half one", async () => {
  const session = await TestSession.open({ root });
  const content = Buffer.concat([randomBytes(8 * mebibyte), Buffer.alloc(8 * mebibyte), randomBytes(16 * mebibyte)]);
  await session.import({ id: "a", sizeGiB }, content);
  const wanted = checksum(content);

  const moments = [0.1, 0.5, 0.9].map((part) => part * content.length);
  for (const [i, moment] of moments.entries()) await killAt(moment, `round${i}`);

  const { volumes, leftovers } = await session.list();
  expect(volumes.length).toBeGreaterThanOrEqual(1 + moments.length);
  for (const { id } of volumes)
    expect(checksum(await session.export({ kind: "volume", id })), `volume ${id}`).toBe(wanted);
  expect(leftovers.length).toBeGreaterThanOrEqual(1);
  const finished = new Set(volumes.map(({ id }) => id));
  for (const leftover of leftovers) expect(finished, `leftover ${leftover.id}`).not.toContain(leftover.id);
  for (const name of await readdir(root)) expect(parseName(name), name).toBeDefined();

  // What recovery does: undo one, and try another again.
  const [first, ...others] = leftovers as readonly Source[];
  await session.clone({ id: first!.id, sizeGiB, from: { kind: "volume", id: "a" } });
  expect(checksum(await session.export({ kind: "volume", id: first!.id }))).toBe(wanted);
  for (const { id } of others) await session.delete(id);
  expect((await session.list()).leftovers).toEqual([]);
  expect((await readdir(root)).filter((name) => name.endsWith(".partial"))).toEqual([]);
}, 120_000);

test.each([
  ["before link", [], 1],
  ["after link", ["a.volume"], 0],
  ["after unlink", ["a.volume"], 0],
])(
  "killed %s, a create leaves an image with one name or a leftover: what recovery finds, and nothing beside",
  async (gap, kept, leftovers) => {
    const script = new URL("killed-at-gap.fixture.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, ["--conditions=reeve-source", script, root, gap], { stdio: "inherit" });
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    const names = async () => (await readdir(root)).sort();
    expect((await names()).filter((name) => name.endsWith(".partial"))).toHaveLength(gap === "after unlink" ? 0 : 1);

    const session = await TestSession.open({ root });
    expect((await names()).filter((name) => !name.endsWith(".partial"))).toEqual(kept);
    expect((await names()).filter((name) => name.endsWith(".partial"))).toHaveLength(leftovers);
    const listed = await session.list();
    expect([listed.volumes.length, listed.leftovers.length]).toEqual([kept.length, leftovers]);
    await session.delete("a");
    expect(await names()).toEqual([]);
  },
);

test("a process killed while it tried the root leaves no image of it, and its files go once nobody can be at it any more", async () => {
  const script = new URL("killed-at-gap.fixture.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=reeve-source", script, root, "in a trial"], {
    stdio: "inherit",
  });
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
  const left = await readdir(root);
  expect(left).toHaveLength(2);
  const session = await TestSession.open({ root });
  expect(await session.list()).toEqual({ volumes: [], snapshots: [], leftovers: [] });
  expect((await readdir(root)).sort()).toEqual(left.sort());
  const longAgo = new Date(Date.now() - 120_000);
  for (const name of left) await utimes(join(root, name), longAgo, longAgo);
  await TestSession.open({ root });
  expect(await readdir(root)).toEqual([]);
});

test("a second name that appears later is cleared by the next list, and a partial file of its own is named and left", async () => {
  const session = await TestSession.open({ root });
  await session.import({ id: "a", sizeGiB: 1 / 1024 }, Buffer.alloc(100, 7));
  await link(join(root, "a.volume"), join(root, "a.volume.0123456789ab.partial"));
  await writeFile(join(root, "a.volume.ba9876543210.partial"), "of another attempt");
  const told: string[] = [];
  const { volumes, leftovers } = await session.list({
    log: { ...callWith().log, warn: (...line: unknown[]) => void told.push(JSON.stringify(line)) },
  });
  expect({ volumes, leftovers }).toEqual({ volumes: [{ id: "a", sizeGiB: 1 / 1024 }], leftovers: [] });
  expect((await readdir(root)).sort()).toEqual(["a.volume", "a.volume.ba9876543210.partial"]);
  expect(told.join()).toContain("a.volume.ba9876543210.partial");
  expect((await session.stats()).provisionedBytes).toBe(mebibyte);
  await session.delete("a");
  expect(await readdir(root)).toEqual([]);
});

test("a maker that is alive does not mind that its second name was cleared for it", async () => {
  const maker = await TestSession.open({ root });
  const other = await TestSession.open({ root });
  const { promise: linked, resolve: goOn } = Promise.withResolvers<void>();
  const making = maker.import({ id: "a", sizeGiB: 1 / 1024 }, Buffer.alloc(100, 7), async () => goOn());
  await linked;
  await Promise.all([making, ...Array.from({ length: 20 }, () => other.list())]);
  expect(await readdir(root)).toEqual(["a.volume"]);
});

test("an older process that still writes can neither publish over the one that took over, nor be published by it", async () => {
  const older = await TestSession.open({ root });
  const newer = await TestSession.open({ root });
  const spec = { id: "a", sizeGiB: 1 / 1024 };
  const importing = older.import(spec, Buffer.alloc(1000, 7), async () => {
    expect((await newer.list()).leftovers).toMatchObject([{ kind: "volume", id: "a" }]);
    await newer.create(spec);
  });
  await expect(importing).rejects.toMatchObject({ code: "ABORTED", retryable: true });
  expect(await readdir(root)).toEqual(["a.volume"]);
  expect((await newer.export({ kind: "volume", id: "a" })).equals(Buffer.alloc(mebibyte))).toBe(true);
});

test("of two processes that make one id at once, the later to finish is refused", async () => {
  const older = await TestSession.open({ root });
  const newer = await TestSession.open({ root });
  const spec = { id: "a", sizeGiB: 1 / 1024 };
  const importing = older.import(spec, Buffer.alloc(1000, 7), async () => {
    // Published by a third while this one writes, without tidying up behind it.
    await newer.import({ ...spec, id: "b" }, Buffer.alloc(1000, 9));
    await link(join(root, "b.volume"), join(root, "a.volume"));
  });
  await expect(importing).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  expect((await newer.export({ kind: "volume", id: "a" })).subarray(0, 1000).equals(Buffer.alloc(1000, 9))).toBe(true);
});
