import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Word } from "./word.ts";

/** One of the processes of the example. */
export class Process {
  readonly #child: ChildProcess;
  /** The address of the page that it serves, if it does. */
  page: string | undefined;
  readonly #lines: AsyncIterableIterator<string>;

  /** @param password that it logs in with at the broker */
  constructor(script: "storage" | "scheduler" | "page" | "caller", args: readonly string[], password: string) {
    const main = fileURLToPath(new URL(`./${script}.ts`, import.meta.url));
    this.#child = spawn(process.execPath, ["--conditions=reeve-source", main, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, REEVE_PASSWORD: password },
    });
    // Listens from the start: what is said before somebody asks is kept.
    this.#lines = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async *words(): AsyncGenerator<Word> {
    for await (const line of this.#lines) yield JSON.parse(line) as Word;
  }

  /** @throws Error when it ends without having been ready */
  async ready(): Promise<this> {
    for await (const word of this.words()) {
      if (word.event !== "ready") continue;
      this.page = word.page;
      return this;
    }
    throw new Error(`process ${this.pid} ended before it was ready`);
  }

  /** Sends a signal, if any, and waits for its end. Resolves with the exit code, null when a signal was the end. */
  async end(signal?: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const exit = once(this.#child, "exit");
    if (signal) this.#child.kill(signal);
    const [code] = await exit;
    return code;
  }

  /** Ends it at once, without waiting. */
  abandon(): void {
    this.#child.kill("SIGKILL");
  }
}
