import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { HostSettings } from "./host-settings.ts";
import type { Stop } from "./steps.ts";

/** A process with the managers of one host. */
export class Host implements AsyncDisposable {
  readonly settings: HostSettings;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #heard: string[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(settings: HostSettings, program: string) {
    this.settings = settings;
    const args = ["--conditions=reeve-source", "--expose-gc", program, JSON.stringify(settings)];
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdin!.on("error", () => {});
    this.#exit = once(this.#child, "exit").finally(() => this.#wake());
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      this.#heard.push(line);
      this.#wake();
    });
  }

  /** One that is not ready yet: {@link ready} tells. @param program of a host, by its path */
  static launch(settings: HostSettings, program: string): Host {
    return new Host(settings, program);
  }

  get name(): string {
    return this.settings.host;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** How it ended. */
  get code(): number | NodeJS.Signals | null {
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  /** The step at which it has stopped. */
  get stoppedAt(): string | undefined {
    return this.#heard.findLast((line) => line.startsWith("stopped "))?.slice("stopped ".length);
  }

  ready(): Promise<string> {
    return this.#said("ready", 0);
  }

  /** It stops right before it takes that step, counted from now on, or the first that is called so. */
  async arm(step: number | string, stop: Stop = "kill"): Promise<void> {
    await this.#ask(`arm ${stop} ${step}`, "armed");
  }

  /** Steps taken since it was armed. */
  async taken(): Promise<number> {
    return Number((await this.#ask("taken", "taken")).split(" ")[1]);
  }

  /** What each of its managers is: `serving ready`, `degraded ADDRESS_CLAIMED`. */
  async states(): Promise<Readonly<Record<string, string>>> {
    return JSON.parse((await this.#ask("states", "states")).slice("states ".length));
  }

  async heapBytes(): Promise<number> {
    return Number((await this.#ask("memory", "memory")).split(" ")[1]);
  }

  /** Resolves when it stands still, or has ended. */
  async stopped(): Promise<string> {
    const line = await this.#said("stopped", 0);
    if (line.startsWith("stopped kill")) await this.#exit;
    return line;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.ended) return;
    this.signal("SIGKILL");
    await this.#exit;
  }

  /** Says goodbye. Resolves with how it ended. */
  async stop(): Promise<number | NodeJS.Signals | null> {
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    await this.#exit;
    return this.code;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  async #ask(line: string, answer: string): Promise<string> {
    const from = this.#heard.length;
    this.#child.stdin!.write(`${line}\n`);
    return this.#said(answer, from);
  }

  /** The first line from one on that begins so. */
  async #said(word: string, from: number): Promise<string> {
    for (;;) {
      const line = this.#heard.slice(from).find((one) => one.startsWith(word));
      if (line !== undefined) return line;
      if (this.ended) throw new Error(`${this.name} ended (${this.code}) before it said ${word}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
