import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readlink, symlink, unlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { cacheDirectory, fillOnce } from "../programs/cache.ts";
import { command } from "../programs/command.ts";
import { unpackDebianPackages } from "../programs/debian-packages.ts";

/** A kernel that runs as a process, and what is needed beside it. */
export interface KernelFiles {
  readonly kernel: string;
  /** The modules as `modprobe -d` wants them. */
  readonly modules: string;
  /** Folders with programs that the system lacks; may be empty. */
  readonly path: readonly string[];
  /** Folders with libraries of theirs. */
  readonly libraries: readonly string[];
  /** The folder with the C library and the loader that the kernel itself needs. Default: the system's. */
  readonly loader?: string;
}

const depmodTimeoutMs = 60_000;
/** Programs that a lab needs, and the package that has each. */
const programs = {
  ip: "iproute2",
  bridge: "iproute2",
  modprobe: "kmod",
  depmod: "kmod",
  ping: "iputils-ping",
  tcpdump: "tcpdump",
};
/** A user's PATH often lacks those that only root should need. */
export const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const inPackages = ["usr/sbin", "usr/bin", "sbin", "bin"];

/**
 * Finds User Mode Linux of Debian's package: installed, else in the cache, which is filled by apt without being root and without
 * installing anything. Concurrent callers, also of other processes, fill it once.
 *
 * @throws Error saying what was tried and what to install
 */
export async function kernelFiles(): Promise<KernelFiles> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error(`the lab kernel runs on Linux on x64; this is ${process.platform} on ${process.arch}`);
  const root = join(cacheDirectory(), "lab-kernel");
  try {
    await fillOnce(root, (scratch) => collectKernelFiles(scratch));
  } catch (cause) {
    throw new Error(
      `there is no lab kernel, and none could be fetched (${cause instanceof Error ? cause.message : String(cause)}); install one: apt-get install user-mode-linux ${[...new Set(Object.values(programs))].join(" ")}`,
      { cause },
    );
  }
  return readKernelFiles(root);
}

/** What was collected at `root`. */
export async function readKernelFiles(root: string): Promise<KernelFiles> {
  const fetched = join(root, "fetched");
  const folders = inPackages.map((folder) => join(fetched, folder)).filter((folder) => existsSync(folder));
  const libraries = await Promise.all(["usr/lib", "lib"].map((folder) => libraryFolders(join(fetched, folder))));
  return {
    kernel: join(root, "linux.uml"),
    modules: root,
    path: folders,
    libraries: libraries.flat(),
  };
}

/**
 * Makes `linux.uml`, `lib/modules/<version>` and, where something was lacking, `fetched`.
 *
 * @param folders where programs of the system are looked for
 */
export async function collectKernelFiles(root: string, folders: readonly string[] = systemFolders): Promise<void> {
  const systemFile = (name: string) => folders.map((folder) => join(folder, name)).find(existsSync);
  const fetched = join(root, "fetched");
  const lacking = Object.entries(programs).filter(([name]) => !systemFile(name));
  const packages = [...new Set(lacking.map(([, name]) => name))];
  if (packages.length > 0) {
    await unpackDebianPackages(packages, fetched, { dependencies: true });
    await keepLinksInside(fetched);
  }
  const installed = systemFile("linux.uml");
  if (!installed) await unpackDebianPackages(["user-mode-linux"], root);
  await symlink(installed ?? "usr/bin/linux.uml", join(root, "linux.uml"));
  const depmod = systemFile("depmod") ?? inPackages.map((folder) => join(fetched, folder, "depmod")).find(existsSync);
  await layOutModules(root, depmod ?? "depmod", installed ? "/usr/lib/uml/modules" : undefined);
}

/**
 * Makes `lib/modules/<version>` at `root`.
 *
 * @param installed where the system has them; by default they were unpacked at `root`
 */
export async function layOutModules(root: string, depmod: string, installed?: string): Promise<void> {
  const modules = installed ?? join(root, "usr/lib/uml/modules");
  for (const version of await readdir(modules)) {
    const own = join(root, "lib/modules", version);
    await mkdir(own, { recursive: true });
    await symlink(
      installed ? join(modules, version, "kernel") : `../../../usr/lib/uml/modules/${version}/kernel`,
      join(own, "kernel"),
    );
    for (const list of await readdir(join(modules, version))) {
      // What depmod makes of the modules is made here, where anybody may write.
      if (list === "modules.order" || list.startsWith("modules.builtin"))
        await copyFile(join(modules, version, list), join(own, list));
    }
    await command(depmod, ["-b", root, version], depmodTimeoutMs);
  }
}

/** Programs of packages are links to others by their absolute paths, such as `/bin/kmod`, which the system lacks as well. */
async function keepLinksInside(fetched: string): Promise<void> {
  for (const folder of inPackages.map((each) => join(fetched, each)).filter((each) => existsSync(each)))
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const link = join(folder, entry.name);
      const target = entry.isSymbolicLink() ? await readlink(link) : "";
      if (!target.startsWith("/") || !existsSync(join(fetched, target))) continue;
      await unlink(link);
      await symlink(relative(folder, join(fetched, target)), link);
    }
}

/** A Debian library lies in a folder named after its architecture. */
async function libraryFolders(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name.endsWith("-linux-gnu"))
    .map(({ name }) => join(folder, name));
}
