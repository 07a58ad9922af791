import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { childrenOf, haveEnded, signalTo } from "../programs/children.ts";
import { GuardedProcess, type GuardedProcessOptions } from "../programs/guarded-process.ts";
import { isStopped } from "../programs/stopped.ts";

const timeoutMs = 30_000;
const stopTimeoutMs = 10_000;
const pollMs = 10;

/** A running server: the postmaster, and the processes that it has for its clients and for itself. */
export class Postmaster {
  readonly #process: GuardedProcess;
  #paused: readonly number[] = [];

  private constructor(guarded: GuardedProcess) {
    this.#process = guarded;
  }

  /** Resolves when it takes clients, or has ended before. */
  static async start(binary: string, args: readonly string[], data: string, options: GuardedProcessOptions) {
    const postmaster = new Postmaster(await GuardedProcess.start(binary, args, options));
    await reached(async () => {
      // As pg_ctl waits: no connection is tried, so that none is refused and logged.
      const lines = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
      return !postmaster.running || (Number(lines[0]) === postmaster.pid && lines[7]?.trim() === "ready");
    });
    return postmaster;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process.running;
  }

  /** All its processes stand still, the first of them first: it starts no others meanwhile. */
  async pause(): Promise<void> {
    if (!this.running) return;
    this.#process.signal("SIGSTOP");
    await reached(() => stopped(this.pid));
    const children = await childrenOf(this.pid);
    for (const child of children) signalTo(child, "SIGSTOP");
    await reached(async () => (await Promise.all(children.map(stopped))).every(Boolean));
    this.#paused = children;
  }

  resume(): void {
    for (const child of this.#paused) signalTo(child, "SIGCONT");
    this.#paused = [];
    this.#process.signal("SIGCONT");
  }

  async kill(): Promise<void> {
    if (!this.running) return;
    // Standing still, none of them starts another or says a last word.
    await this.pause();
    for (const pid of [this.pid, ...this.#paused]) signalTo(pid, "SIGKILL");
    await this.#process.ended(stopTimeoutMs);
    await reached(() => haveEnded(this.#paused));
    this.#paused = [];
  }

  async stop(): Promise<void> {
    this.resume();
    this.#process.signal("SIGINT");
    if (!(await this.#process.ended(stopTimeoutMs))) await this.kill();
  }
}

/** One that has ended has stopped for good. */
function stopped(pid: number): Promise<boolean> {
  return isStopped(pid).catch(() => true);
}

async function reached(holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`PostgreSQL did not do within ${timeoutMs} ms what it was told`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
