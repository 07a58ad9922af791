import type { Finish, Job, WorkContext } from "@reeve/runtime";
import type { VolumeHandles } from "./handles.ts";
import type { VolumeStore } from "./store.ts";
import type { Fault } from "./volume.ts";

/** Runs journalled work, and remembers why it failed for the recovery that follows at once. */
export class Attempts {
  readonly #work: VolumeHandles["work"];
  readonly #onEnd: () => void;
  readonly #causes = new WeakMap<Job, unknown>();

  /** @param onEnd told whenever work has ended, well or not: what is stored here may have changed */
  constructor(work: VolumeHandles["work"], onEnd: () => void) {
    this.#work = work;
    this.#onEnd = onEnd;
  }

  async run<R>(job: Job, effect: (context: WorkContext) => Promise<Finish<VolumeStore, R>>): Promise<R> {
    try {
      return await this.#work.run(job, (context) => this.#remember(job, effect(context)));
    } finally {
      this.#onEnd();
    }
  }

  /** What people read of work that was undone: why it failed, or that a crash interrupted it. */
  faultOf(job: Job, { epoch }: WorkContext): Fault {
    const cause = this.#causes.get(job);
    if (cause instanceof Error) return { reason: "FAILED", message: cause.message };
    if (job.epoch === epoch) return { reason: "FAILED", message: `${job.kind} failed; the log tells why` };
    return { reason: "INTERRUPTED", message: `the manager at ${job.address} stopped in the middle of ${job.kind}` };
  }

  async #remember<R>(job: Job, running: Promise<R>): Promise<R> {
    try {
      return await running;
    } catch (error) {
      this.#causes.set(job, error);
      throw error;
    }
  }
}
