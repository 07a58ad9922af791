import type { FileHandle } from "node:fs/promises";
import { syncFile } from "./wal-file.ts";

interface Sync {
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

/** A disk whose syncs wait, once told to, for the test to let them go or fail. */
export class HeldDisk {
  #holding = false;
  readonly #held: Sync[] = [];
  #noticed: (() => void)[] = [];
  /** How many syncs were begun. */
  begun = 0;

  readonly syncFile = async (file: FileHandle): Promise<void> => {
    this.begun++;
    if (this.#holding) {
      await new Promise<void>((resolve, reject) => {
        this.#held.push({ go: resolve, fail: reject });
        for (const noticed of this.#noticed.splice(0)) noticed();
      });
    }
    await syncFile(file);
  };

  hold(): void {
    this.#holding = true;
  }

  /** Resolves when a sync waits. */
  async waiting(): Promise<void> {
    while (this.#held.length === 0) await new Promise<void>((resolve) => this.#noticed.push(resolve));
  }

  /** Lets the one that waits go on; later ones wait again. */
  async pass(): Promise<void> {
    await this.waiting();
    this.#held.shift()!.go();
  }

  async fail(error: Error): Promise<void> {
    await this.waiting();
    this.#held.shift()!.fail(error);
  }

  /** From now on none waits. */
  release(): void {
    this.#holding = false;
    for (const { go } of this.#held.splice(0)) go();
  }
}
