import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

/** A process that keeps sacks on a disk. */
export class Barn implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #lines: string[] = [];
  #stored = 0;

  constructor(directory: string) {
    const program = fileURLToPath(new URL("./disk-gone.fixture.ts", import.meta.url));
    this.#child = spawn(process.execPath, ["--conditions=reeve-source", program, directory], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#exit = once(this.#child, "exit");
    this.#child.stdin!.on("error", () => {});
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.#lines.push(line));
  }

  /** Whether it came to be ready, or ended before. */
  started(): Promise<boolean> {
    return vi.waitFor(
      () => {
        if (this.#lines.includes("ready")) return true;
        if (this.#child.exitCode !== null) return false;
        throw new Error("neither ready nor ended");
      },
      { timeout: 60_000, interval: 10 },
    );
  }

  /** Stores sacks, all at once, and tells which were acknowledged. */
  async store(prefix: string, count: number): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, () => `${prefix}-${this.#stored++}`);
    for (const id of ids) this.#child.stdin!.write(`store ${id}\n`);
    const answers = ids.map((id) => this.#said((line) => line.split(" ")[1] === id));
    return (await Promise.all(answers)).flatMap((line) =>
      line.startsWith("acknowledged ") ? [line.split(" ")[1]!] : [],
    );
  }

  /** What is there, as a reader is shown it. */
  async left(): Promise<ReadonlySet<string>> {
    this.#child.stdin!.write("list\n");
    const line = await this.#said((said) => said.startsWith("left "));
    return new Set(line.slice("left ".length).split(","));
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }

  #said(matches: (line: string) => boolean): Promise<string> {
    return vi.waitFor(
      () => {
        const line = this.#lines.findLast(matches);
        if (line === undefined) throw new Error("not said yet");
        return line;
      },
      { timeout: 60_000, interval: 5 },
    );
  }
}
