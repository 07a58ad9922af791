import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A program in a process of its own, to send real signals to. It is told what to do by its arguments and line by line. */
export class OwnProcess {
  readonly #child: ChildProcess;
  /** What it says, also before somebody asks. */
  protected readonly lines: AsyncIterator<string>;

  /** @param env added to the environment of this process */
  constructor(main: URL, given: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const args = ["--conditions=reeve-source", fileURLToPath(main), ...given];
    this.#child = spawn(process.execPath, args, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    this.lines = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  protected tell(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** Sends a signal and waits for its end. Resolves with the exit code, null when the signal itself was the end. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    this.#child.kill(signal);
    const [code] = await once(this.#child, "exit");
    return code;
  }

  /** Ends what it is told, and waits for its end. */
  async done(): Promise<number | null> {
    this.#child.stdin!.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  /** Ends it at once, without waiting. */
  abandon(): void {
    this.#child.kill("SIGKILL");
  }
}
