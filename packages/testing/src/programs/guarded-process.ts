import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** What the guard runs: a paused child of the process would outlive it. */
const lastWill = `read -r _
children=$(ps -A -o pid=,ppid= | while read -r pid parent; do [ "$parent" = "$1" ] && echo "$pid"; done)
kill -9 "$1" $children
[ -z "$2" ] || rm -rf -- "$2"`;

export interface GuardedProcessOptions {
  /** Goes with it when this process ends first. Default: nothing goes. */
  readonly directory?: string | undefined;
  /** Gets what the process writes to stderr. */
  readonly onOutput: (text: string) => void;
  /** The user that it runs as. Default: that of this process. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** A child process that dies with this one, however this one ends, together with its own children and its folder. */
export class GuardedProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, pid: number, { directory = "", onOutput }: GuardedProcessOptions) {
    this.#child = child;
    this.pid = pid;
    this.#exited = new Promise((resolve) => child.once("exit", resolve));
    // A signal that cannot be sent is seen by what it should have caused.
    child.on("error", () => {});
    child.stderr?.setEncoding("utf8").on("data", onOutput);
    // A shell waits for the end of a pipe that only this process holds, and kills then: that also covers SIGKILL, which no exit handler sees.
    const guard = spawn("sh", ["-c", lastWill, "sh", String(pid), directory], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    child.once("exit", () => guard.kill("SIGKILL"));
    for (const handle of [child, guard, child.stderr, guard.stdin])
      (handle as { unref?: () => void } | null)?.unref?.();
    guard.stdin?.on("error", () => {});
  }

  /** Rejects when it cannot be started. */
  static async start(file: string, args: readonly string[], options: GuardedProcessOptions): Promise<GuardedProcess> {
    const { user, env } = options;
    const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe"], ...user, ...(env ? { env } : {}) });
    await once(child, "spawn");
    return new GuardedProcess(child, child.pid as number, options);
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
