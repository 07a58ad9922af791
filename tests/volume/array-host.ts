import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("./array-host.fixture.ts", import.meta.url));

export interface ArrayHostOptions {
  readonly servers: string;
  readonly host: string;
  readonly directory: string;
}

/** A process of its own with the backends `bad` and `good`; it can be killed at any moment. */
export class ArrayHost implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown>;

  private constructor(process_: ChildProcess) {
    this.#process = process_;
    this.#exit = once(process_, "exit");
  }

  /** @throws Error when it ends before it is ready */
  static async start({ servers, host, directory }: ArrayHostOptions): Promise<ArrayHost> {
    const args = ["--conditions=reeve-source", file, servers, host, directory];
    const started = new ArrayHost(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }));
    for await (const line of createInterface(started.#process.stdout!)) if (line === "ready") return started;
    await started.#exit;
    throw new Error(`${host} ended before it was ready, with ${started.#process.exitCode}`);
  }

  /** As a power failure ends it. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGTERM");
    await this.#exit;
  }
}
