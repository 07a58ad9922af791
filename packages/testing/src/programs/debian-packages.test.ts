import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { command } from "./command.ts";
import { unpackDebianPackages } from "./debian-packages.ts";

const hasApt = existsSync("/usr/bin/apt-get") && existsSync("/usr/bin/dpkg-deb");
const keys = ["gpg", "pgp"].map((kind) => `/usr/share/keyrings/debian-archive-keyring.${kind}`);
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
    await unpackDebianPackages(["nats-server"], directory, { systemLists: emptyLists });
    expect(await command(join(directory, "usr/sbin/nats-server"), ["--version"], 10_000)).toContain("nats-server: v2.");
    expect(await listing()).toEqual(before);
  },
);

test.skipIf(!hasApt || !isRoot)("another user than root can do the same", { timeout: 120_000 }, async ({ skip }) => {
  // Where root's temporary folder is its own, another user has one that it may write to.
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", TMPDIR: directory };
  const asNobody = { uid: nobody, gid: nobody, env };
  const { error } = spawnSync(process.execPath, ["--version"], asNobody);
  if (error) skip("this clone lies where no other user may go");
  const script = `
    import { unpackDebianPackages } from ${JSON.stringify(import.meta.resolve("./debian-packages.ts"))};
    await unpackDebianPackages(["nats-server"], ${JSON.stringify(join(directory, "root"))}, { systemLists: ${JSON.stringify(emptyLists)} });
  `;
  const { stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    ...asNobody,
    encoding: "utf8",
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(await command(join(directory, "root/usr/sbin/nats-server"), ["--version"], 10_000)).toContain(
    "nats-server: v2.",
  );
});

test.skipIf(!hasApt)(
  "packages that it needs, and that the system lacks, come too",
  { timeout: 120_000 },
  async ({ skip }) => {
    // Each needs a library that few machines have.
    const lacking = ["tmux", "jq", "iperf3", "weechat-curses"].find((name) => !isInstalled(name));
    if (!lacking) return skip("all of them are installed here");
    await unpackDebianPackages([lacking], directory, { dependencies: true });
    const libraries = await readdir(join(directory, "usr/lib"), { recursive: true });
    expect(libraries.filter((name) => /\.so\.\d/.test(name))).not.toEqual([]);
  },
);

test.skipIf(!hasApt)(
  "packages of a suite of Debian come from there, whatever the system's sources are",
  { timeout: 120_000 },
  async ({ skip }) => {
    if (!keys.some(existsSync)) return skip("this system does not have Debian's keys");
    if (!(await answers("http://deb.debian.org/debian/"))) return skip("Debian's archive cannot be reached from here");
    const before = await listing();
    await unpackDebianPackages(["base-files"], directory, { suite: "trixie" });
    expect(await readFile(join(directory, "etc/debian_version"), "utf8")).toMatch(/^13\./);
    expect(await listing()).toEqual(before);
  },
);

test.skipIf(!hasApt)("a package that Debian does not have is named", { timeout: 120_000 }, async () => {
  const wanted = unpackDebianPackages(["no-such-package"], directory);
  await expect(wanted).rejects.toThrow(/apt-get .*no-such-package: .*Unable to locate package no-such-package/s);
});

function answers(url: string): Promise<boolean> {
  return fetch(url, { method: "HEAD", signal: AbortSignal.timeout(10_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync("dpkg", ["-s", name], { encoding: "utf8" });
  return stdout.includes("install ok installed");
}

async function listing(): Promise<string[]> {
  const all = await Promise.all(systemState.map((folder) => readdir(folder, { recursive: isRoot })));
  return all.flat().sort();
}
