import { expect, vi } from "vitest";
import type { Testimony } from "./checker.ts";
import type { WorkCaller } from "./scene.ts";

/** Callers that call one after the other until they are stopped. */
export class Load {
  readonly #told: Testimony;
  readonly #lanes: readonly Promise<void>[];
  #stopped = false;

  constructor({ work }: WorkCaller, told: Testimony, lanes = 16) {
    this.#told = told;
    this.#lanes = Array.from({ length: lanes }, async (_, lane) => {
      for (let i = 0; !this.#stopped; i++) {
        const key = `${lane}-${i}`;
        await told.of(key, work.run({ key }));
      }
    });
  }

  /** Resolves when so many calls more have been answered. */
  async answered(more: number): Promise<void> {
    const from = this.#told.count("value");
    await vi.waitFor(() => expect(this.#told.count("value")).toBeGreaterThanOrEqual(from + more), {
      timeout: 30_000,
      interval: 20,
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#lanes);
  }
}

export const keys = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
