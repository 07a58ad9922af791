import type { Finish, Job, RecoveryContext, WorkContext } from "@reeve/runtime";
import type { VolumeHandles } from "./handles.ts";
import type { VolumeStore } from "./store.ts";
import type { Fault } from "./volume.ts";

/** Runs journalled work, and tells people what became of it. */
export class Attempts {
  readonly #work: VolumeHandles["work"];
  readonly #onEnd: (job: Job) => Promise<void> | undefined;

  /** @param onEnd told whenever work has ended, well or not: what is stored here may have changed. Its answer waits for what that returns */
  constructor(work: VolumeHandles["work"], onEnd: (job: Job) => Promise<void> | undefined) {
    this.#work = work;
    this.#onEnd = onEnd;
  }

  async run<R>(job: Job, effect: (context: WorkContext) => Promise<Finish<VolumeStore, R>>): Promise<R> {
    try {
      return await this.#work.run(job, effect);
    } finally {
      await this.#onEnd(job);
    }
  }

  /** What people read of work that was undone: why it failed, or that a crash interrupted it. */
  faultOf(job: Job, { epoch, error }: RecoveryContext): Fault {
    if (error instanceof Error) return { reason: "FAILED", message: error.message };
    if (job.epoch === epoch) return { reason: "FAILED", message: `${job.kind} failed; the log tells why` };
    return { reason: "INTERRUPTED", message: `the manager at ${job.address} stopped in the middle of ${job.kind}` };
  }
}
