import type { Effect, Job, StoreDefinition, Work } from "@reeve/runtime";

/** Runs journalled work, and tells what depends on it that it has ended. */
export class WorkRunner<D extends StoreDefinition> {
  readonly #work: Pick<Work<D>, "run">;
  readonly #onEnd: (job: Job) => Promise<void> | undefined;

  /** @param onEnd told whenever work has ended, well or not: what is stored here may have changed. The caller's answer waits for what that returns */
  constructor(work: Pick<Work<D>, "run">, onEnd: (job: Job) => Promise<void> | undefined) {
    this.#work = work;
    this.#onEnd = onEnd;
  }

  /**
   * Does the work as `work.run` does.
   *
   * @throws what the work throws, after its recovery
   * @example
   * ```ts
   * return runner.run(job, async ({ signal }) => {
   *   await driver.extend({ id, sizeGiB }, { signal });
   *   return (tx) => changeIf(tx, "volumes", id, "extending", { status: "available", sizeGiB });
   * });
   * ```
   */
  async run<R>(job: Job, effect: Effect<D, R>): Promise<R> {
    try {
      return await this.#work.run(job, effect);
    } finally {
      await this.#onEnd(job);
    }
  }
}
