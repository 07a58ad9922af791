import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, sep } from "node:path";

const pollMs = 50;
/** Longer than any download is allowed to take: a holder this old has hung. */
const staleMs = 5 * 60_000;

/**
 * Where fetched servers are kept: `.cache/` of the workspace this source lies in; for an installed package `$XDG_CACHE_HOME/reeve`,
 * by default `~/.cache/reeve`.
 */
export function cacheDirectory(from = import.meta.dirname): string {
  if (!from.includes(`${sep}node_modules${sep}`)) {
    for (let at = from; at !== dirname(at); at = dirname(at)) {
      if (existsSync(join(at, "pnpm-workspace.yaml"))) return join(at, ".cache");
    }
  }
  // The XDG specification has a relative path ignored.
  const xdg = process.env.XDG_CACHE_HOME;
  return join(xdg?.startsWith(sep) ? xdg : join(homedir(), ".cache"), "reeve");
}

/**
 * Makes sure that `target` exists, filled by `fill` in a scratch folder that then takes its name in one step: nobody ever sees it half
 * full, and of several processes one fills while the others wait.
 */
export async function fillOnce(target: string, fill: (scratch: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const lock = `${target}.lock`;
  while (!existsSync(target)) {
    if (!(await tryLock(lock))) {
      await new Promise((resolve) => setTimeout(resolve, pollMs));
      continue;
    }
    try {
      if (!existsSync(target)) await fillAndRename(target, fill);
    } finally {
      await rm(lock, { force: true });
    }
  }
}

async function fillAndRename(target: string, fill: (scratch: string) => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(`${target}.filling-`);
  try {
    const full = join(scratch, "full");
    await mkdir(full);
    await fill(full);
    await rename(full, target);
  } catch (cause) {
    // Two can fill when a lock was taken for stale; the second to finish has lost nothing.
    if (!existsSync(target)) throw cause;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, "wx");
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    if (await isStale(lock)) await rm(lock, { force: true });
    return false;
  }
}

async function isStale(lock: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(lock);
    if (Date.now() - mtimeMs > staleMs) return true;
    const holder = Number(await readFile(lock, "utf8"));
    // A lock without a number is being written.
    return holder > 0 && !isAlive(holder);
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}
