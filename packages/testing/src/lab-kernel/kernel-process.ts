import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { KernelFiles } from "./kernel-files.ts";
import { exitMark } from "./start-script.ts";

export interface LabRun {
  /** With which the command ended; undefined when the lab ended before it. */
  readonly status: number | undefined;
  /** The lines of its standard output. */
  readonly lines: readonly string[];
  /** What it wrote to standard error, and what the kernel said. */
  readonly complaints: string;
}

/** The processes of a kernel: one group, that a guard ends when this process has ended, also by SIGKILL. */
export class KernelProcess {
  readonly #child: ChildProcess;
  readonly #guard: ChildProcess;

  /** @param script what it starts as process 1; its folder is removed should this process end first */
  constructor({ kernel, loader }: KernelFiles, script: string, memoryMiB: number) {
    const args = [`mem=${memoryMiB}M`, "rootfstype=hostfs", "rootflags=/", "ro", "quiet", `init=${script}`];
    const consoles = ["con=null", "con0=null,fd:1", "con1=null,fd:3"];
    // One with a loader of its own names it relative to its working directory.
    const where = loader ? { cwd: loader, env: { ...process.env, LD_LIBRARY_PATH: loader } } : {};
    const stdio: StdioOptions = ["ignore", "pipe", "pipe", "pipe"];
    this.#child = spawn(kernel, [...args, ...consoles], { ...where, stdio, detached: true });
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
