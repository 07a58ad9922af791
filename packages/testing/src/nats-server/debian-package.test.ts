import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { command } from "./command.ts";
import { fetchDebianPackage } from "./debian-package.ts";

const hasApt = existsSync("/usr/bin/apt-get") && existsSync("/usr/bin/dpkg-deb");
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
/** Where apt keeps what it has fetched. What is half fetched there only root may see, and change. */
const systemState = ["/var/lib/apt/lists", "/var/cache/apt", "/var/cache/apt/archives"];

let directory: string;
let emptyLists: readonly string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "reeve-debian-"));
  await chmod(directory, 0o777);
  await mkdir(join(directory, "no-lists", "partial"), { recursive: true });
  emptyLists = ["-o", `Dir::State::Lists=${join(directory, "no-lists")}`];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test.skipIf(!hasApt)(
  "with empty package lists, as in a fresh container, the package is fetched and the system left as it was",
  { timeout: 120_000 },
  async () => {
    const before = await listing();
    await fetchDebianPackage(directory, emptyLists);
    expect(await command(join(directory, "nats-server"), ["--version"], 10_000)).toContain("nats-server: v2.");
    expect(await listing()).toEqual(before);
  },
);

test.skipIf(!hasApt || !isRoot)("another user than root can do the same", { timeout: 120_000 }, async ({ skip }) => {
  const asNobody = { uid: nobody, gid: nobody, env: { PATH: process.env.PATH, HOME: "/nonexistent" } };
  const { error } = spawnSync(process.execPath, ["--version"], asNobody);
  if (error) skip("this clone lies where no other user may go");
  const script = `
    import { fetchDebianPackage } from ${JSON.stringify(import.meta.resolve("./debian-package.ts"))};
    await fetchDebianPackage(${JSON.stringify(directory)}, ${JSON.stringify(emptyLists)});
  `;
  const { stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    ...asNobody,
    encoding: "utf8",
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(await command(join(directory, "nats-server"), ["--version"], 10_000)).toContain("nats-server: v2.");
});

async function listing(): Promise<string[]> {
  const all = await Promise.all(systemState.map((folder) => readdir(folder, { recursive: isRoot })));
  return all.flat().sort();
}
