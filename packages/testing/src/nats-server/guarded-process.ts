import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A child process that dies with this one, however this one ends, and whose folder goes with it then. */
export class GuardedProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, pid: number, directory: string, onOutput: (text: string) => void) {
    this.#child = child;
    this.pid = pid;
    this.#exited = new Promise((resolve) => child.once("exit", resolve));
    // A signal that cannot be sent is seen by what it should have caused.
    child.on("error", () => {});
    child.stderr?.setEncoding("utf8").on("data", onOutput);
    // A shell waits for the end of a pipe that only this process holds, and kills then: that also covers SIGKILL, which no exit handler sees.
    const guard = spawn("sh", ["-c", 'read -r _; kill -9 "$1"; rm -rf -- "$2"', "sh", String(pid), directory], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    child.once("exit", () => guard.kill("SIGKILL"));
    for (const handle of [child, guard, child.stderr, guard.stdin])
      (handle as { unref?: () => void } | null)?.unref?.();
    guard.stdin?.on("error", () => {});
  }

  /** Gives what the process writes to stderr to `onOutput`. Rejects when it cannot be started. */
  static async start(
    file: string,
    args: readonly string[],
    directory: string,
    onOutput: (text: string) => void,
  ): Promise<GuardedProcess> {
    const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe"] });
    await once(child, "spawn");
    return new GuardedProcess(child, child.pid as number, directory, onOutput);
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Does nothing to a process that has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal);
  }

  /** Resolves when it has ended, or after `ms`; the answer says which. */
  async ended(ms: number): Promise<boolean> {
    if (!this.running) return true;
    // Keeps the event loop alive meanwhile, which the child, unreferenced, does not.
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, ms, false);
    });
    const ended = await Promise.race([this.#exited.then(() => true), late]);
    clearTimeout(timer);
    return ended;
  }
}
