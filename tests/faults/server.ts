import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { NatsOptions } from "@reeve/nats";
import type { ManagerLimits } from "@reeve/runtime";

const stopTimeoutMs = 15_000;

export interface ServerSettings {
  readonly host: string;
  readonly link: NatsOptions;
  /** The file for its runs. */
  readonly ledger: string;
  readonly limits?: ManagerLimits;
}

/** A process of its own that serves the work. Disposing of it drains it, and throws when it did not end well. */
export class Server implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #exit: Promise<unknown>;

  constructor(settings: ServerSettings) {
    const file = new URL("./server.fixture.ts", import.meta.url).pathname;
    const args = ["--conditions=reeve-source", "--expose-gc", file, JSON.stringify(settings)];
    this.process = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#exit = once(this.process, "exit");
    this.#lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  /** Resolves when it has said so; what it says before is passed over. */
  async said(word: string): Promise<void> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`the server ended before it said ${word}`);
      if (value === word) return;
    }
  }

  block(ms: number): void {
    this.process.stdin!.write(`block ${ms}\n`);
  }

  /** Ends the runs that are held; it says "released" when their answers have left. */
  release(): void {
    this.process.stdin!.write("release\n");
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Drains it. An unhandled rejection in it has ended it with another code before. */
  async stop(): Promise<void> {
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    await this.ended();
  }

  async ended(): Promise<void> {
    const giveUp = setTimeout(() => this.signal("SIGKILL"), stopTimeoutMs);
    await this.#exit;
    clearTimeout(giveUp);
    const { exitCode, signalCode } = this.process;
    if (exitCode !== 0) throw new Error(`the server ended with ${exitCode ?? signalCode}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
