import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KernelFiles } from "./kernel-files.ts";
import { KernelProcess } from "./kernel-process.ts";
import { newerKernelFiles } from "./newer-kernel.ts";

/**
 * What User Mode Linux until 6.12 says as it starts the first program, and then panics: it hands the host back the registers that it
 * was given, and has cut them to the size that they had before AMX.
 */
const registersCut = "ptrace set fp regs failed, errno = 14";
const refusal =
  "the lab kernel cannot run on this processor: the processor's registers (XSTATE, which AMX makes large) do not fit into it";
const probeMemoryMiB = 64;

/**
 * `files`, or what `newer` finds where their kernel has no room for the registers of this processor: tried by booting it, for a second.
 *
 * @throws Error saying that in one sentence where neither has
 */
export async function fittingKernel(
  files: KernelFiles,
  newer: (older: KernelFiles) => Promise<KernelFiles> = newerKernelFiles,
): Promise<KernelFiles> {
  if (await fits(files)) return files;
  let found: KernelFiles;
  try {
    found = await newer(files);
  } catch (cause) {
    const advice =
      "let apt-get reach deb.debian.org, with debian-archive-keyring installed, or take a machine without AMX";
    throw new Error(`${refusal}; ${advice} (no newer kernel could be fetched: ${inALine(cause)})`, { cause });
  }
  if (await fits(found)) return found;
  throw new Error(`${refusal}, nor into the one of Debian's testing suite; take a machine without AMX`);
}

/** Without the settings that apt-get was given, which tell a reader nothing. */
function inALine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text
    .replaceAll(/ -o \S+/g, "")
    .trim()
    .replaceAll(/\s+/g, " ");
}

/** Whether the kernel gets as far as to run a program. Any other trouble is for the first run to tell. */
async function fits(files: KernelFiles): Promise<boolean> {
  const scratch = await mkdtemp(join(tmpdir(), "reeve-lab-"));
  try {
    const script = join(scratch, "init");
    // The kernel ends as its first process does.
    await writeFile(script, "#!/bin/sh\n", { mode: 0o755 });
    const { complaints } = await new KernelProcess(files, script, probeMemoryMiB).ended(undefined);
    return !complaints.includes(registersCut);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
