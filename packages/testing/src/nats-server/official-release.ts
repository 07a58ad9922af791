import { createHash } from "node:crypto";
import { chmod, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command } from "../programs/command.ts";

const version = "2.14.1";

/** SHA-256 of the release archives, as the official images pin them (nats-io/nats-docker, 2.14.x/alpine3.22/Dockerfile). */
const archives: Readonly<Record<string, { readonly name: string; readonly sha256: string }>> = {
  "linux-x64": { name: "linux-amd64", sha256: "4638c389af67d4c747f5b3e6a9d363bfe8f6b86de37d7c4ee3a36b283a5c2ce2" },
  "linux-arm64": { name: "linux-arm64", sha256: "0bdd20ad850e66a484dcb126f6ce610079520b56d9e8518d099e0864ab8171a1" },
  "linux-arm": { name: "linux-arm7", sha256: "15c7a984f586891bd573cf8bfa28aa453786dd7e42fa0315b2c7a85c2bdfef47" },
  "linux-s390x": { name: "linux-s390x", sha256: "fefbeff1d6e259dfbb0a4514501a369d8c57e9d856fcc392c4da3c242162ee35" },
  "linux-ppc64": { name: "linux-ppc64le", sha256: "784c75d2c0430ff0dada016f36bc0ef8fef56e2117df8170eb33a37c65f81365" },
};

/** An unreachable host must not hold up the next way of getting a server. */
const answerTimeoutMs = 5_000;
const downloadTimeoutMs = 120_000;

/** Puts `nats-server` of the official release into `directory`. Rejects when there is none for this machine, or it is not the pinned one. */
export async function fetchOfficialRelease(
  directory: string,
  base = "https://github.com/nats-io/nats-server/releases",
): Promise<void> {
  const platform = `${process.platform}-${process.arch}`;
  const archive = archives[platform];
  if (!archive) throw new Error(`no official release is pinned for ${platform}`);
  const folder = `nats-server-v${version}-${archive.name}`;
  const url = `${base}/download/v${version}/${folder}.tar.gz`;
  const bytes = await download(url);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== archive.sha256) throw new Error(`${url} has SHA-256 ${sha256}, not the pinned ${archive.sha256}`);
  const file = join(directory, "release.tar.gz");
  await writeFile(file, bytes);
  await command("tar", ["-xzf", file, "-C", directory], downloadTimeoutMs);
  await rename(join(directory, folder, "nats-server"), join(directory, "nats-server"));
  await chmod(join(directory, "nats-server"), 0o755);
}

async function download(url: string): Promise<Buffer> {
  const abort = new AbortController();
  const answer = setTimeout(() => abort.abort(new Error(`${url} did not answer`)), answerTimeoutMs);
  const whole = setTimeout(() => abort.abort(new Error(`${url} took too long`)), downloadTimeoutMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    clearTimeout(answer);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new Error(`${url}: ${reason}`, { cause });
  } finally {
    clearTimeout(answer);
    clearTimeout(whole);
  }
}
