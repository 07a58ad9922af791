import { copyFile, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command } from "./command.ts";

const downloadTimeoutMs = 120_000;
const binaryInPackage = "usr/sbin/nats-server";

/**
 * Puts `nats-server` of Debian's package into `directory`, as any user; the system is left as it is.
 *
 * @param systemLists apt settings under which the system's package lists are looked for
 */
export async function fetchDebianPackage(directory: string, systemLists: readonly string[] = []): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "reeve-apt-"));
  try {
    const downloaded = join(scratch, "deb");
    await mkdir(downloaded);
    await downloadPackage(downloaded, scratch, systemLists);
    const file = (await readdir(downloaded)).find((name) => name.endsWith(".deb"));
    if (!file) throw new Error("apt-get download left no package");
    const unpacked = join(scratch, "root");
    await command("dpkg-deb", ["-x", join(downloaded, file), unpacked], downloadTimeoutMs);
    await copyFile(join(unpacked, binaryInPackage), join(directory, "nats-server"));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** By the system's package lists; where these are empty or outdated, as in a fresh container, by lists fetched for this one time. */
async function downloadPackage(into: string, scratch: string, lists: readonly string[]): Promise<void> {
  const own = await privateFolders(scratch);
  try {
    await command("apt-get", [...own.cache, ...lists, "download", "nats-server"], downloadTimeoutMs, into);
  } catch {
    await command("apt-get", [...own.cache, ...own.lists, "update"], downloadTimeoutMs);
    await command("apt-get", [...own.cache, ...own.lists, "download", "nats-server"], downloadTimeoutMs, into);
  }
}

async function privateFolders(scratch: string): Promise<{ cache: readonly string[]; lists: readonly string[] }> {
  const state = join(scratch, "state");
  const cache = join(scratch, "cache");
  await mkdir(join(state, "lists", "partial"), { recursive: true });
  await mkdir(join(cache, "archives", "partial"), { recursive: true });
  return {
    // Root would otherwise hand the download to a user who cannot write here.
    cache: settings(`Dir::Cache=${cache}`, "APT::Sandbox::User=root"),
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
