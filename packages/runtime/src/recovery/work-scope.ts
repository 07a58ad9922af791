import { AsyncLocalStorage } from "node:async_hooks";
import { type ReeveError, reeveError } from "@reeve/contract";
import type { TransactionHook } from "../store/index.ts";
import { type CallingJob, type OpenCall, OpenCalls } from "./open-calls.ts";

/** One run of a job's effect, or one attempt to recover it. */
export interface WorkRun {
  readonly job: CallingJob;
  /** It has returned: what is still called in its name is nobody's work. */
  ended: boolean;
  /** Why it was abandoned while it ran; whatever it still tries is refused with this. */
  abandoned: ReeveError | undefined;
}

/** Which call of the manager runs the code that asks. */
export interface CallerPort {
  readonly innermost: unknown;
}

/** A run, and the call that runs it: what another call does in its course, in this process, is that call's. */
interface Entered {
  readonly run: WorkRun;
  readonly by: unknown;
}

/** Knows which job the code that runs now works for, so that its driver calls count as that job's. */
export class WorkScope {
  /** Belongs into the store of the same incarnation: what was abandoned writes no more. */
  readonly hook: TransactionHook;
  readonly calls: OpenCalls;
  readonly #runs = new AsyncLocalStorage<Entered | undefined>();
  readonly #callers: CallerPort | undefined;

  /** @param callers default: nobody calls anybody */
  constructor(calls = new OpenCalls(), callers?: CallerPort) {
    this.calls = calls;
    this.#callers = callers;
    this.hook = {
      begin: async () => {
        this.#current();
      },
    };
  }

  within<R>(run: WorkRun, action: () => R): R {
    return this.#runs.run({ run, by: this.#callers?.innermost }, action);
  }

  /** Runs what is nobody's work, whoever caused it: a recovery, with a run of its own. */
  outside<R>(action: () => R): R {
    return this.#runs.run(undefined, action);
  }

  /**
   * A call enters the driver. Returns how to say that it has come to rest; nothing when it belongs to no job.
   *
   * @throws ReeveError `ABANDONED` when its job was
   */
  entered(call: OpenCall): (() => void) | undefined {
    const run = this.#current();
    return run && this.calls.enter(run.job, call);
  }

  #current(): WorkRun | undefined {
    const entered = this.#runs.getStore();
    if (!entered || entered.run.ended || entered.by !== this.#callers?.innermost) return undefined;
    const { run } = entered;
    if (run.abandoned) throw run.abandoned;
    return run;
  }
}

export function abandonedWork(resource: string, reason: string): ReeveError {
  return reeveError("ABANDONED", `the work on "${resource}" was abandoned: ${reason}`, { data: { resource } });
}
