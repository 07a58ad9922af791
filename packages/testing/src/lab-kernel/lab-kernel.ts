import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type KernelFiles, kernelFiles } from "./kernel-files.ts";
import { exitMark, startScript } from "./start-script.ts";

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

export interface LabRun {
  /** With which the command ended; undefined when the lab ended before it. */
  readonly status: number | undefined;
  /** The lines of its standard output. */
  readonly lines: readonly string[];
  /** What it wrote to standard error, and what the kernel said. */
  readonly complaints: string;
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
 * package, which runs as a process, also of a user that is not root.
 *
 * @throws Error saying what was tried and what to install
 *
 * @example
 * ```ts
 * const lab = await labKernel();
 * const { lines } = await lab.run([process.execPath, "--eval", "console.log(os.release())"]);
 * ```
 */
export async function labKernel(): Promise<LabKernel> {
  return labKernelOf(await kernelFiles());
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
    const kernel = new Kernel(files.kernel, script, memoryMiB);
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

/** The processes of a kernel: one group, that a guard ends when this process has ended, also by SIGKILL. */
class Kernel {
  readonly #child: ChildProcess;
  readonly #guard: ChildProcess;

  constructor(file: string, script: string, memoryMiB: number) {
    const args = [`mem=${memoryMiB}M`, "rootfstype=hostfs", "rootflags=/", "ro", "quiet", `init=${script}`];
    const consoles = ["con=null", "con0=null,fd:1", "con1=null,fd:3"];
    this.#child = spawn(file, [...args, ...consoles], { stdio: ["ignore", "pipe", "pipe", "pipe"], detached: true });
    this.#guard = spawn(
      "sh",
      ["-c", 'read -r _; kill -9 "-$1"; rm -rf -- "$2"', "sh", String(this.#child.pid), dirname(script)],
      {
        stdio: ["pipe", "ignore", "ignore"],
        detached: true,
      },
    );
    this.#guard.stdin?.on("error", () => {});
  }

  async ended(onLine: ((line: string) => void) | undefined): Promise<LabRun> {
    const lines: string[] = [];
    const complaints: string[] = [];
    let status: number | undefined;
    const read = async (stream: Readable, take: (line: string) => void) => {
      for await (const line of createInterface({ input: stream })) take(line);
    };
    const [, output, errors, answers] = this.#child.stdio as unknown as [null, Readable, Readable, Readable];
    try {
      const reading = [
        read(output, (line) => {
          if (line.startsWith(exitMark)) status = Number(line.slice(exitMark.length));
          else complaints.push(line);
        }),
        read(errors, (line) => complaints.push(line)),
        read(answers, (line) => {
          lines.push(line);
          onLine?.(line);
        }),
      ];
      await once(this.#child, "close");
      await Promise.all(reading);
      return { status, lines, complaints: complaints.join("\n") };
    } finally {
      this.kill();
      this.#guard.kill("SIGKILL");
    }
  }

  kill(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}
