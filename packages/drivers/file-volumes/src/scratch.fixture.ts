import { execFile } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** An empty directory, for a test. */
export function scratchDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "reeve-file-volumes-"));
}

export interface Mounted {
  readonly root: string;
  unmount(): Promise<void>;
}

/** A file system in memory of that size. Rejects where mounting is not allowed. */
export async function mountTmpfs(bytes: number): Promise<Mounted> {
  const root = await scratchDirectory();
  return mount(root, ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", root]);
}

/** A file system of that type in a file. Rejects where the tools are missing or mounting is not allowed. */
export async function mountImage(type: "xfs" | "btrfs" | "ext3", bytes: number): Promise<Mounted> {
  const directory = await scratchDirectory();
  const image = `${directory}.${type}`;
  const file = await open(image, "wx");
  await file.truncate(bytes);
  await file.close();
  const discard = async () => {
    await rm(image, { force: true });
  };
  try {
    await run(`mkfs.${type}`, type === "xfs" ? ["-q", "-m", "reflink=1", image] : ["-q", image]);
    const mounted = await mount(directory, ["-o", "loop", image, directory]);
    return {
      root: directory,
      unmount: async () => {
        await mounted.unmount();
        await discard();
      },
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Why a file system of a test cannot be had here; undefined when it can. */
export async function whyNot(mounting: () => Promise<Mounted>): Promise<string | undefined> {
  try {
    const { unmount } = await mounting();
    await unmount();
    return undefined;
  } catch (error) {
    return String((error as Error).message).split("\n")[0];
  }
}

async function mount(root: string, options: readonly string[]): Promise<Mounted> {
  try {
    await run("mount", options);
  } catch (error) {
    await rm(root, { recursive: true, force: true });
    throw error;
  }
  return {
    root,
    unmount: async () => {
      await run("umount", [root]);
      await rm(root, { recursive: true, force: true });
    },
  };
}
