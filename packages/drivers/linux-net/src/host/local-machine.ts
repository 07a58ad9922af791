import { type ExecFileException, execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { DriverError } from "@reeve/driver-sdk";
import type { Ended, Machine, RunOptions } from "./machine.ts";

/** A thousand interfaces with all their details are a few megabytes. */
const mostOutputBytes = 256 * 2 ** 20;
/** Where programs for root are: not in every user's PATH. */
const systemFolders = "/usr/sbin:/sbin";

/**
 * The host that this process runs on, in the network namespace that it runs in.
 *
 * @example
 * ```ts
 * const driver = linuxNetOn(localMachine(), { physicalNetworks: { dc1: { uplink: "eth1" } } });
 * ```
 */
export function localMachine(): Machine {
  return { run, write: (path, text) => writeFile(path, text), incarnation };
}

function run(program: string, args: readonly string[], { input, signal }: RunOptions): Promise<Ended> {
  signal.throwIfAborted();
  const env = { ...process.env, LC_ALL: "C", PATH: `${process.env.PATH ?? "/usr/bin:/bin"}:${systemFolders}` };
  return new Promise((resolve, reject) => {
    // Not execFile's own signal: it would settle while the program still runs.
    const child = execFile(program, args, { env, maxBuffer: mostOutputBytes }, (error, stdout, stderr) => {
      signal.removeEventListener("abort", kill);
      if (!error) return resolve({ status: 0, stdout, stderr });
      const { code } = error;
      if (typeof code === "number") return resolve({ status: code, stdout, stderr });
      if (child.pid !== undefined) return resolve({ status: undefined, stdout, stderr });
      reject(notStarted(program, error));
    });
    const kill = () => child.kill("SIGKILL");
    signal.addEventListener("abort", kill, { once: true });
    // A program that ends without reading breaks the pipe; its status says why.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

function notStarted(program: string, error: ExecFileException): DriverError {
  const missing = `${program} was not found; install ${program === "unshare" ? "util-linux" : "iproute2"}`;
  const why = error.code === "ENOENT" ? missing : `${program} cannot be started (${error.code})`;
  return new DriverError("UNAVAILABLE", why, { cause: error });
}

async function incarnation(): Promise<string> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
  const { ino } = await stat("/proc/self/ns/net");
  return `${boot.trim()}/${ino}`;
}
