import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileVolumes } from "./file-volumes.ts";
import { mountTmpfs, scratchDirectory, whyNot } from "./scratch.fixture.ts";
import { TestSession } from "./session.fixture.ts";

const run = promisify(execFile);
const sizeGiB = 1 / 1024;

let scratch = "";
let root = "";
beforeEach(async () => {
  scratch = await scratchDirectory();
  root = join(scratch, "root");
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

test.each([
  [{}, /options\.root: .*\(got undefined\)/],
  [{ root: "" }, /options\.root: .*\(got ""\)/],
  [{ root: 7 }, /options\.root: .*\(got 7\)/],
  [{ root: "/srv/a\0b" }, /options\.root: a path has no NUL/],
  [{ root: "/srv", allocation: "thin" }, /options\.allocation: .*\(got "thin"\)/],
  [{ root: "/srv", rooot: "/srv" }, /options: .*"rooot"/],
])("options that make no sense are refused when the driver is configured: %j", (options, message) => {
  expect(() => fileVolumes(options as { root: string })).toThrow(message);
});

test("a missing root is retryable: it may be mounted later", async () => {
  await expect(TestSession.open({ root })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    retryable: true,
    message: `root ${root}: not there; create or mount it`,
  });
  await mkdir(root);
  await (await TestSession.open({ root })).create({ id: "a", sizeGiB });
});

test("a root that is a file is refused", async () => {
  await writeFile(root, "");
  await expect(TestSession.open({ root })).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    message: /not a directory/,
  });
});

test("a root this process may not use is refused, at set-up and later", async () => {
  await mkdir(root);
  const session = await TestSession.open({ root });
  await session.create({ id: "a", sizeGiB });
  await chmod(root, 0o000);
  await asNobody(async () => {
    const denied = { code: "PERMISSION_DENIED", retryable: false };
    await expect(TestSession.open({ root })).rejects.toMatchObject(denied);
    await expect(session.create({ id: "b", sizeGiB })).rejects.toMatchObject(denied);
    await expect(session.list()).rejects.toMatchObject(denied);
    await expect(session.connect("a")).rejects.toMatchObject(denied);
    // access(2) judges by the real user, whom stepping down leaves as it was.
    if (process.getuid!() !== 0) await expect(session.check()).rejects.toMatchObject(denied);
  });
  await chmod(root, 0o700);
  await session.check();
  expect((await session.list()).volumes).toHaveLength(1);
});

test("a root that vanishes makes check and calls UNAVAILABLE, and serves again when it is back", async () => {
  await mkdir(root);
  const session = await TestSession.open({ root });
  await session.check();
  await session.create({ id: "a", sizeGiB });
  await rename(root, `${root}-away`);
  const gone = { code: "UNAVAILABLE", retryable: true };
  await expect(session.check()).rejects.toMatchObject(gone);
  await expect(session.create({ id: "b", sizeGiB })).rejects.toMatchObject(gone);
  await expect(session.delete("a")).rejects.toMatchObject(gone);
  await expect(session.list()).rejects.toMatchObject(gone);
  await expect(session.stats()).rejects.toMatchObject(gone);
  await rename(`${root}-away`, root);
  await session.check();
  expect((await session.list()).volumes).toEqual([{ id: "a", sizeGiB }]);
});

test("another directory in the root's place is not written to, and only a new set-up accepts it", async () => {
  await mkdir(root);
  const session = await TestSession.open({ root });
  await rename(root, `${root}-away`);
  await mkdir(root);
  const replaced = { code: "UNAVAILABLE", retryable: false };
  await expect(session.check()).rejects.toMatchObject(replaced);
  await expect(session.create({ id: "a", sizeGiB })).rejects.toMatchObject(replaced);
  expect(await readdir(root)).toEqual([]);
  await (await TestSession.open({ root })).create({ id: "a", sizeGiB });
});

test("set-up leaves nothing behind", async () => {
  await mkdir(root);
  await TestSession.open({ root });
  expect(await readdir(root)).toEqual([]);
});

const noMounts = await whyNot(() => mountTmpfs(2 ** 20));
if (noMounts) console.log(`file-volumes: the tests of mount points are skipped: ${noMounts}`);

describe.skipIf(noMounts)("on a mount point", () => {
  test("a root that is unmounted is not taken for an empty one", async () => {
    const { root: mounted, unmount } = await mountTmpfs(4 * 2 ** 20);
    const session = await TestSession.open({ root: mounted, mountPoint: true });
    await session.create({ id: "a", sizeGiB });
    await run("umount", [mounted]);
    await expect(session.check()).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: false });
    await expect(session.create({ id: "b", sizeGiB })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(TestSession.open({ root: mounted, mountPoint: true })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      message: /no file system is mounted on it/,
    });
    expect(await readdir(mounted)).toEqual([]);
    await run("mount", ["-t", "tmpfs", "tmpfs", mounted]);
    await unmount();
  });

  test("a file system that became read-only is noticed by check, refused for changes, and can still be read", async () => {
    const { root: mounted, unmount } = await mountTmpfs(4 * 2 ** 20);
    try {
      const session = await TestSession.open({ root: mounted });
      await session.create({ id: "a", sizeGiB });
      await run("mount", ["-o", "remount,ro", mounted]);
      const readOnly = { code: "FAILED_PRECONDITION", message: /read-only/ };
      await expect(session.check()).rejects.toMatchObject(readOnly);
      await expect(session.create({ id: "b", sizeGiB })).rejects.toMatchObject(readOnly);
      await expect(TestSession.open({ root: mounted })).rejects.toMatchObject(readOnly);
    } finally {
      await unmount();
    }
  });
});

/** File permissions do not hold root back, so the test steps down for a moment. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  if (process.geteuid!() !== 0) return work();
  const nobody = 65_534;
  await chmod(scratch, 0o755);
  process.seteuid!(nobody);
  try {
    await work();
  } finally {
    process.seteuid!(0);
  }
}
