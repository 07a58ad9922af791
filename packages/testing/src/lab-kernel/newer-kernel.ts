import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory, fillOnce } from "../programs/cache.ts";
import { unpackDebianPackages } from "../programs/debian-packages.ts";
import { type KernelFiles, layOutModules, systemFolders } from "./kernel-files.ts";

const suite = "testing";
/** Where Debian's C library lies in its package. */
const libc = "usr/lib/x86_64-linux-gnu";
const loader = "ld-linux-x86-64.so.2";
const systemLoader = `/lib64/${loader}\0`;

/**
 * User Mode Linux of Debian's testing suite, fetched by apt into the cache, with the C library that it was built for: older systems'
 * will not do. The programs beside it are those of `older`.
 *
 * @throws Error saying what could not be fetched
 */
export async function newerKernelFiles(older: KernelFiles): Promise<KernelFiles> {
  const root = join(cacheDirectory(), `lab-kernel-${suite}`);
  await fillOnce(root, async (scratch) => {
    await unpackDebianPackages(["user-mode-linux", "libc6"], scratch, { suite });
    await writeFile(join(scratch, "linux.uml"), withOwnLoader(await readFile(join(scratch, "usr/bin/linux.uml"))), {
      mode: 0o755,
    });
    const folders = [...systemFolders, ...older.path];
    const depmod = folders.map((folder) => join(folder, "depmod")).find((file) => existsSync(file));
    await layOutModules(scratch, depmod ?? "depmod");
  });
  return { ...older, kernel: join(root, "linux.uml"), modules: root, loader: join(root, libc) };
}

/** The program, with its loader taken from the working directory: a loader and a C library only work with each other. */
function withOwnLoader(program: Buffer): Buffer {
  const at = program.indexOf(systemLoader);
  if (at === -1) throw new Error(`user-mode-linux of Debian ${suite} does not name ${systemLoader.slice(0, -1)}`);
  return Buffer.concat([
    program.subarray(0, at),
    Buffer.from(loader.padEnd(systemLoader.length, "\0")),
    program.subarray(at + systemLoader.length),
  ]);
}
