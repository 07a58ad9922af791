import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command } from "./command.ts";

const downloadTimeoutMs = 120_000;
/** Debian's keys, as its releases name them; other systems seldom have them. */
const keyrings = ["gpg", "pgp"].map((kind) => `/usr/share/keyrings/debian-archive-keyring.${kind}`);

export interface DebianPackagesOptions {
  /** Whether packages that these need, and that the system lacks, come too. Default false. */
  readonly dependencies?: boolean;
  /** apt settings under which the system's package lists are looked for. Default: apt's own. */
  readonly systemLists?: readonly string[];
  /** A suite of Debian to take all of them from, such as `testing`, held to Debian's signature. Default: what the system's sources name. */
  readonly suite?: string;
}

/**
 * Unpacks Debian's packages into `directory`, as any user; the system is left as it is.
 *
 * @throws Error saying which program failed and what it wrote
 *
 * @example
 * ```ts
 * await unpackDebianPackages(["nats-server"], root);
 * ```
 */
export async function unpackDebianPackages(
  names: readonly string[],
  directory: string,
  { dependencies = false, systemLists = [], suite }: DebianPackagesOptions = {},
): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "reeve-apt-"));
  try {
    const wanted = dependencies
      ? ["install", "--download-only", "--reinstall", "--no-install-recommends", "-y"]
      : ["download"];
    const into = suite
      ? await downloadOf(suite, [...wanted, ...names.map((name) => `${name}/${suite}`)], scratch)
      : await download([...wanted, ...names], scratch, systemLists);
    const files = (await readdir(into)).filter((name) => name.endsWith(".deb"));
    if (files.length === 0) throw new Error(`apt-get ${wanted[0]} ${names.join(" ")}: it left no package`);
    for (const file of files) await command("dpkg-deb", ["-x", join(into, file), directory], downloadTimeoutMs);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * By the system's package lists; where these are empty or outdated, as in a fresh container, by lists fetched for this one time.
 *
 * @returns where the packages are
 */
async function download(wanted: readonly string[], scratch: string, lists: readonly string[]): Promise<string> {
  const own = await privateFolders(scratch);
  try {
    await aptGet(own, lists, wanted);
  } catch {
    await aptGet(own, own.lists, ["update"]);
    await aptGet(own, own.lists, wanted);
  }
  return own.archives;
}

/** From one suite of Debian, whatever the system's sources are, by lists fetched for this one time. */
async function downloadOf(suite: string, wanted: readonly string[], scratch: string): Promise<string> {
  const keyring = keyrings.find((each) => existsSync(each));
  if (!keyring) throw new Error(`this system does not have Debian's keys: there is no ${keyrings[0]}`);
  const own = await privateFolders(scratch);
  const sources = join(scratch, "sources.list");
  await writeFile(sources, `deb [signed-by=${keyring}] http://deb.debian.org/debian ${suite} main\n`);
  const lists = [...own.lists, ...settings(`Dir::Etc::SourceList=${sources}`, "Dir::Etc::SourceParts=-")];
  // By itself apt calls it a success when lists could not be fetched.
  await aptGet(own, lists, ["update", "--error-on=any"]);
  await aptGet(own, lists, wanted);
  return own.archives;
}

function aptGet(own: PrivateFolders, lists: readonly string[], args: readonly string[]): Promise<string> {
  // `download` leaves its files in the working directory, and `install` in the cache.
  return command("apt-get", [...own.cache, ...lists, ...args], downloadTimeoutMs, own.archives);
}

interface PrivateFolders {
  readonly archives: string;
  readonly cache: readonly string[];
  readonly lists: readonly string[];
}

async function privateFolders(scratch: string): Promise<PrivateFolders> {
  const state = join(scratch, "state");
  const cache = join(scratch, "cache");
  const archives = join(cache, "archives");
  await mkdir(join(state, "lists", "partial"), { recursive: true });
  await mkdir(join(archives, "partial"), { recursive: true });
  return {
    archives,
    // Root would otherwise hand the download to a user that cannot write here, and others could not take the system's locks.
    cache: settings(`Dir::Cache=${cache}`, "APT::Sandbox::User=root", "Debug::NoLocking=true"),
    lists: settings(
      `Dir::State=${state}`,
      "Dir::State::status=/var/lib/dpkg/status",
      "Acquire::Languages=none",
      "Acquire::Retries=0",
      "Acquire::http::Timeout=10",
      "Acquire::https::Timeout=10",
    ),
  };
}

function settings(...all: string[]): readonly string[] {
  return all.flatMap((setting) => ["-o", setting]);
}
