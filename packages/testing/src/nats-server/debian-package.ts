import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpackDebianPackages } from "../programs/debian-packages.ts";

/** Puts `nats-server` of Debian's package into `directory`, as any user; the system is left as it is. */
export async function fetchDebianPackage(directory: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "reeve-debian-"));
  try {
    await unpackDebianPackages(["nats-server"], root);
    await copyFile(join(root, "usr/sbin/nats-server"), join(directory, "nats-server"));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
