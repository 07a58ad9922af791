import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What the second process says, a JSON object per line. */
export type Word =
  | { readonly event: "ready"; readonly volumes: readonly FoundVolume[]; readonly files: number }
  | { readonly event: "progress"; readonly percent: number }
  | { readonly event: "copied"; readonly status: string };

/** A volume as the second process found it when it started. */
export interface FoundVolume {
  readonly name: string;
  readonly status: string;
  readonly why: string;
}

const main = fileURLToPath(new URL("./second-process-main.ts", import.meta.url));

/** A supervisor in a process of its own, on a directory of its own, to send real signals to. */
export class SecondProcess {
  readonly #child: ChildProcess;
  readonly #words: AsyncIterator<string>;

  constructor(directory: string) {
    this.#child = spawn(process.execPath, ["--conditions=reeve-source", main, directory], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    // Listens from the start: what is said before somebody asks is kept.
    this.#words = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  copy(): void {
    this.#child.stdin!.write("copy\n");
  }

  /** As {@link copy}, but it stands still once it has said how far it is: long enough to be killed there. */
  copyHalfway(): void {
    this.#child.stdin!.write("copy halfway\n");
  }

  /** Waits until it says this, and passes over everything else. @throws Error when it ends without */
  async hear<E extends Word["event"]>(
    event: E,
    enough: (word: Extract<Word, { event: E }>) => boolean = () => true,
  ): Promise<Extract<Word, { event: E }>> {
    for (;;) {
      const { done, value } = await this.#words.next();
      if (done) throw new Error(`process ${this.pid} ended without saying ${event}`);
      const word = JSON.parse(value) as Word;
      if (word.event === event && enough(word as never)) return word as never;
    }
  }

  /** Sends a signal and waits for its end. Resolves with the exit code, null when the signal itself was the end. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    this.#child.kill(signal);
    const [code] = await once(this.#child, "exit");
    return code;
  }

  /** Ends it at once, without waiting. */
  abandon(): void {
    this.#child.kill("SIGKILL");
  }
}
