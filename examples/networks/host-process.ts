import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Settings } from "./settings.ts";

const main = fileURLToPath(new URL("./host-main.ts", import.meta.url));

/** The supervisor in a process of its own, to send real signals to. What it manages outlives it. */
export class HostProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when all of its managers serve. @throws Error when it ends before */
  static async start(settings: Settings): Promise<HostProcess> {
    const child = spawn(process.execPath, ["--conditions=reeve-source", main, JSON.stringify(settings)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: child.stdout }))
      if (line === "ready") return new HostProcess(child);
    throw new Error(`process ${child.pid} ended before it was ready`);
  }

  get pid(): number | undefined {
    return this.#child.pid;
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
