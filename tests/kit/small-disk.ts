import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why a test that needs a {@link smallDisk} is skipped where there is none. */
export const noSmallDisk = "this process may not mount a small file system";

/** A file system of its own that can be filled. */
export interface SmallDisk extends Disposable {
  readonly root: string;
  /** Takes what room there is. */
  fill(): void;
  /** Gives back what was taken. */
  free(): void;
}

/** Undefined where this process may not mount one. */
export function smallDisk(mebibytes: number): SmallDisk | undefined {
  const root = mkdtempSync(join(tmpdir(), "reeve-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", root], { stdio: "ignore" });
  } catch {
    rmSync(root, { recursive: true });
    return undefined;
  }
  const ballast = join(root, "ballast");
  return {
    root,
    fill() {
      const file = openSync(ballast, "a");
      // The last page as well.
      for (const block of [Buffer.alloc(1 << 20), Buffer.alloc(1 << 12)]) while (fits(file, block));
      closeSync(file);
    },
    free: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]() {
      // Lazily, so that a test that fails with its files open leaves nothing behind either.
      execFileSync("umount", ["-l", root]);
      rmSync(root, { recursive: true });
    },
  };
}

function fits(file: number, block: Buffer): boolean {
  try {
    return writeSync(file, block) === block.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
