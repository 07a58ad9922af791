import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { scratchDirectory } from "./scratch.fixture.ts";
import { TestSession } from "./session.fixture.ts";

const run = promisify(execFile);
const sizeGiB = 1 / 1024;

let scratch = "";
let root = "";
let secret = "";
let session: TestSession;

beforeEach(async () => {
  scratch = await scratchDirectory();
  root = join(scratch, "root");
  secret = join(scratch, "secret");
  await mkdir(root);
  await writeFile(secret, "what is outside");
  session = await TestSession.open({ root });
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

/** Everything one can try on a volume of that id. */
function attempts(id: string): Record<string, () => Promise<unknown>> {
  const from = { kind: "volume", id } as const;
  return {
    create: () => session.create({ id, sizeGiB }),
    import: () => session.import({ id, sizeGiB }, Buffer.alloc(100, 1)),
    clone: () => session.clone({ id, sizeGiB, from: { kind: "volume", id: "sound" } }),
    "clone of it": () => session.clone({ id: "copy", sizeGiB, from }),
    snapshot: () => session.snapshot({ id: "s", volumeId: id }),
    export: () => session.export(from),
    extend: () => session.extend({ id, sizeGiB: 1 }),
    connect: () => session.connect(id),
    delete: () => session.delete(id),
  };
}

/** Puts something under a volume's name that is no image file. */
const obstacles: Record<string, (path: string) => Promise<unknown>> = {
  "a link to a file outside": (path) => symlink(secret, path),
  "a link to a directory outside": (path) => symlink(scratch, path),
  "a link to nothing": (path) => symlink(join(scratch, "not-yet"), path),
  "a link to itself": (path) => symlink(path, path),
  "a directory": (path) => mkdir(path),
  "a pipe": (path) => run("mkfifo", [path]),
};

test.each(Object.entries(obstacles))(
  "%s under a volume's name is refused by every call, and stays as it is",
  async (_what, put) => {
    await session.create({ id: "sound", sizeGiB });
    await put(join(root, "a.volume"));
    const outcomes: Record<string, unknown> = {};
    for (const [name, attempt] of Object.entries(attempts("a")))
      outcomes[name] = await attempt().then(
        () => "succeeded",
        (error) => error.code,
      );
    expect(outcomes).toEqual(
      Object.fromEntries(Object.keys(attempts("a")).map((name) => [name, "FAILED_PRECONDITION"])),
    );
    expect(await readFile(secret, "utf8")).toBe("what is outside");
    expect((await readdir(scratch)).sort()).toEqual(["root", "secret"]);
    expect((await readdir(root)).sort()).toEqual(["a.volume", "sound.volume"]);
    expect((await session.list()).volumes.map(({ id }) => id)).toEqual(["sound"]);
    await session.stats();
  },
);

test("a link under the name of a leftover is not followed: not listed, and deleting removes the link alone", async () => {
  const planted = join(root, "a.volume.0123456789ab.partial");
  await symlink(secret, planted);
  expect((await session.list()).leftovers).toEqual([]);
  await session.delete("a");
  await expect(readlink(planted)).rejects.toMatchObject({ code: "ENOENT" });
  expect(await readFile(secret, "utf8")).toBe("what is outside");
});

test("foreign files are neither listed nor touched", async () => {
  const foreign = [
    "README",
    ".hidden",
    "a.img",
    "a.b.volume",
    "a.snapshot",
    "a.volume.partial",
    "-a.volume",
    "a b.volume",
  ];
  for (const name of foreign) await writeFile(join(root, name), "mine");
  await mkdir(join(root, "lost+found"));
  await session.create({ id: "a", sizeGiB });
  await session.snapshot({ id: "s", volumeId: "a" });
  const { volumes, snapshots, leftovers } = await session.list();
  expect({ volumes, snapshots, leftovers }).toEqual({
    volumes: [{ id: "a", sizeGiB }],
    snapshots: [{ id: "s", volumeId: "a", sizeGiB }],
    leftovers: [],
  });
  expect((await session.stats()).provisionedBytes).toBe(2 * 2 ** 20);
  await session.delete("a");
  for (const name of foreign) expect(await readFile(join(root, name), "utf8")).toBe("mine");
});

test("a root that is a link leads to one real directory, which is where paths point", async () => {
  const alias = join(scratch, "alias");
  await symlink(root, alias);
  const aliased = await TestSession.open({ root: alias });
  await aliased.create({ id: "a", sizeGiB });
  expect((await aliased.connect("a")).path).toBe(join(root, "a.volume"));
});

test("images are readable and writable by their owner alone", async () => {
  await session.create({ id: "a", sizeGiB });
  const { stdout } = await run("stat", ["-c", "%a", join(root, "a.volume")]);
  expect(stdout.trim()).toBe("600");
});
