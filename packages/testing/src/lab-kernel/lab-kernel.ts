import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fittingKernel } from "./fitting-kernel.ts";
import { type KernelFiles, kernelFiles } from "./kernel-files.ts";
import { KernelProcess, type LabRun } from "./kernel-process.ts";
import { startScript } from "./start-script.ts";

export interface LabRunOptions {
  /** Of the command. Default: this process's. */
  readonly directory?: string;
  /** Added to `PATH`, `HOME` and `TMPDIR`; nothing else of this process's environment is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directories of the host that can be written to inside, as absolute paths. Default: none. */
  readonly writable?: readonly string[];
  /** Default 768. */
  readonly memoryMiB?: number;
  /** Told each line of the command's standard output at once. */
  readonly onLine?: (line: string) => void;
  /** Ends the lab. */
  readonly signal?: AbortSignal;
}

/** A Linux kernel for network tests: with VLAN filtering, and without anything of this host's. */
export interface LabKernel {
  /**
   * Boots the kernel in about two seconds, runs one command in it as root, and powers off. The host's files are there to be read, at
   * their own paths; `/run` is empty and can be written to. It has interface `lo` and no way out.
   *
   * Several may run at once. One dies with this process, however that ends.
   *
   * @throws Error when the kernel does not start; the signal's reason
   */
  run(command: readonly [file: string, ...args: string[]], options?: LabRunOptions): Promise<LabRun>;
}

/** What networks are made of. */
const modules = ["bridge", "8021q", "veth", "dummy", "tun"];

/**
 * Finds or fetches a kernel for tests that need more of a network than the machine's own kernel has: User Mode Linux of Debian's
 * package, which runs as a process, also of a user that is not root. On a processor for which that one is too old, such as one with
 * AMX, the one of Debian's testing suite is fetched and used.
 *
 * @throws Error saying what was tried and what to install; its message begins with "the lab kernel cannot run on this processor" where
 *   that is the reason
 *
 * @example
 * ```ts
 * const lab = await labKernel();
 * const { lines } = await lab.run([process.execPath, "--eval", "console.log(os.release())"]);
 * ```
 */
export async function labKernel(): Promise<LabKernel> {
  return labKernelOf(await fittingKernel(await kernelFiles()));
}

export function labKernelOf(files: KernelFiles): LabKernel {
  return { run: (command, options) => run(files, command, options) };
}

async function run(
  files: KernelFiles,
  command: readonly [string, ...string[]],
  { directory = process.cwd(), env = {}, writable = [], memoryMiB = 768, onLine, signal }: LabRunOptions = {},
): Promise<LabRun> {
  signal?.throwIfAborted();
  const scratch = await mkdtemp(join(tmpdir(), "reeve-lab-"));
  try {
    const script = join(scratch, "init");
    const path = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", ...files.path].join(
      ":",
    );
    const base = { PATH: path, HOME: "/run/home", TMPDIR: "/run/tmp", LC_ALL: "C.UTF-8" };
    const libraries: Record<string, string> =
      files.libraries.length > 0 ? { LD_LIBRARY_PATH: files.libraries.join(":") } : {};
    const start = { command, directory, modules, moduleRoot: files.modules, writable };
    await writeFile(script, startScript({ ...start, env: { ...base, ...libraries, ...env } }), { mode: 0o755 });
    const kernel = new KernelProcess(files, script, memoryMiB);
    using _ = aborting(signal, () => kernel.kill());
    const result = await kernel.ended(onLine);
    signal?.throwIfAborted();
    return result;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function aborting(signal: AbortSignal | undefined, abort: () => void): Disposable {
  signal?.addEventListener("abort", abort, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener("abort", abort) };
}
