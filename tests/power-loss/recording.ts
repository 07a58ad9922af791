import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Record, readLog } from "./write-log.ts";

/**
 * - `"key"`: the key of a cast is kept in a commit after that of its effect.
 * - `"address"`: it is not in the caller's store where a cast is sent to.
 */
export type CastFault = "key" | "address";

export interface LifeSettings {
  readonly directory: string;
  readonly life: number;
  readonly sacks: number;
  /** Sacks that are worked on at a time. */
  readonly outstanding: number;
  /** How much the log grows by before it is copied into the database. Default the product's own, which a short run does not reach. */
  readonly checkpointFrames?: number;
  /** Default `"kill"`: as by kill -9. `"failure"`: the same, as soon as the store says that a sync has failed. */
  readonly ends?: "stop" | "kill" | "failure";
  /** Of casts: what a broken product would not keep. Default nothing. */
  readonly without?: CastFault;
  /** Goes on until a sync has failed, the store has mended itself and more was done with it. */
  readonly outlastsFailure?: boolean;
}

export interface ShimSettings {
  /** Of the n-th sync of a file with such a name. */
  readonly kill?: { readonly ending: string; readonly sync: number };
  /** The same, of those after the program's first mark: how many come before depends on how busy the machine is. */
  readonly fail?: { readonly ending: string; readonly sync: number };
}

/** A directory that processes live in one after the other, and the log of what they do to it. */
export class Recording implements Disposable {
  readonly #scratch = mkdtempSync(join(realpathSync(tmpdir()), "reeve-power-"));
  readonly #shim: string;
  readonly #directory = join(this.#scratch, "disk");
  readonly #log = join(this.#scratch, "log");
  #lives = 0;

  constructor(shim: string) {
    this.#shim = shim;
    mkdirSync(this.#directory);
  }

  /** Runs a program in it until that has ended. */
  async live(
    program: string,
    settings: Omit<LifeSettings, "directory" | "life" | "outlastsFailure">,
    shim: ShimSettings = {},
  ): Promise<void> {
    const { kill, fail } = shim;
    const given: LifeSettings = {
      ...{ ...settings, directory: this.#directory, life: ++this.#lives },
      // Until the store has mended itself, what the failed sync let go is not written again.
      outlastsFailure: fail !== undefined,
    };
    const point = (at: { readonly ending: string; readonly sync: number } | undefined) =>
      at ? `${at.ending}:${at.sync}` : "";
    const child = spawn(
      process.execPath,
      ["--conditions=reeve-source", fileURLToPath(new URL(`./${program}`, import.meta.url)), JSON.stringify(given)],
      {
        stdio: ["ignore", "inherit", "inherit"],
        env: {
          ...process.env,
          ...{ LD_PRELOAD: this.#shim, POWER_DIRECTORY: this.#directory, POWER_LOG: this.#log },
          ...{ POWER_KILL: point(kill), POWER_FAIL: point(fail) },
          // Its writes would pass by the C library.
          UV_USE_IO_URING: "0",
        },
      },
    );
    const [code, signal] = await once(child, "exit");
    if (signal !== "SIGKILL") throw new Error(`${program} ended with ${code ?? signal}: expected SIGKILL`);
  }

  records(): readonly Record[] {
    return readLog(this.#log);
  }

  /** What processes of now read in the directory. */
  contents(): ReadonlyMap<string, Buffer> {
    const names = readdirSync(this.#directory).filter((name) => !name.endsWith("-shm") && name !== "marks");
    return new Map(names.map((name) => [name, readFileSync(join(this.#directory, name))]));
  }

  [Symbol.dispose](): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}
