import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, vi } from "vitest";
import { Ledger } from "./ledger.ts";

export interface ClaimantSettings {
  readonly servers: string;
  readonly host: string;
  /** A directory of its own. */
  readonly disk: string;
  /** A directory for images that others may have as well. Default: on its disk. */
  readonly images?: string;
}

/** What lies where on a disk. */
export function diskOf(disk: string) {
  return { store: join(disk, "store.sqlite"), images: join(disk, "images"), ledger: join(disk, "ledger") };
}

const states = ["volume", "stroke"] as const;

/** A process that serves at an address which others may claim as well. */
export class Claimant implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #disk: ReturnType<typeof diskOf>;
  readonly #ledger: Ledger;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  private constructor(settings: ClaimantSettings) {
    mkdirSync(settings.disk, { recursive: true });
    this.#disk = diskOf(settings.disk);
    this.#ledger = new Ledger(this.#disk.ledger);
    this.#ledger.clear();
    const program = new URL("./claimant.fixture.ts", import.meta.url).pathname;
    const args = ["--conditions=reeve-source", program, JSON.stringify(settings)];
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#exit = once(this.#child, "exit");
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.lines.push(line));
  }

  /** Resolves when its start has: both of its managers serve, or say why they do not. */
  static async start(settings: ClaimantSettings): Promise<Claimant> {
    const claimant = new Claimant(settings);
    await vi.waitFor(() => expect(claimant.lines).toContain("started"), { timeout: 60_000, interval: 20 });
    return claimant;
  }

  /** What its managers said last. */
  get states(): readonly string[] {
    return states.map(
      (manager) => this.lines.findLast((line) => line.startsWith(`${manager} `))?.slice(manager.length + 1) ?? "",
    );
  }

  /** How many of its managers have said of themselves in the log that their address is another's. */
  get toldClaimed(): number {
    const told = this.lines.filter((line) => line.startsWith("{") && line.includes("ADDRESS_CLAIMED"));
    return new Set(told.map((line) => (JSON.parse(line) as { readonly manager: string }).manager)).size;
  }

  async areAll(state: string): Promise<void> {
    await vi.waitFor(() => expect(this.states).toEqual(states.map(() => state)), { timeout: 60_000, interval: 20 });
  }

  runs(): ReadonlyMap<string, number> {
    return this.#ledger.runs();
  }

  images(): number {
    const { images } = this.#disk;
    return existsSync(images) ? readdirSync(images).filter((name) => name.endsWith(".volume")).length : 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.signal("SIGCONT");
    this.signal(signal);
    await this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    await this.end("SIGKILL");
  }
}
