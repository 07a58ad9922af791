import type { ReeveError } from "@reeve/contract";
import type { CallingJob } from "./open-calls.ts";
import type { WorkRun, WorkScope } from "./work-scope.ts";

interface Running extends WorkRun {
  readonly controller: AbortController;
  /** Ends the waiting for it. */
  readonly letGo: (error: ReeveError) => void;
}

/** Journalled work and recoveries that run now, each with a signal of its own. */
export class InFlight {
  readonly #scope: WorkScope;
  readonly #onLate: (job: CallingJob, error: unknown) => void;
  readonly #running = new Map<string, Running>();
  readonly #pending = new Set<Promise<void>>();
  #aborted: { readonly reason: unknown } | undefined;

  /** @param onLate told when work that was abandoned has returned after all, and the error where it failed */
  constructor(scope: WorkScope, onLate: (job: CallingJob, error: unknown) => void = () => {}) {
    this.#scope = scope;
    this.#onLate = onLate;
  }

  /** How many run. */
  get size(): number {
    return this.#pending.size;
  }

  /** Whether everything was told to end; what throws then is left to the next incarnation. */
  get aborted(): boolean {
    return this.#aborted !== undefined;
  }

  /** Counts `action` as running until it settles. */
  during<R>(action: () => Promise<R>): Promise<R> {
    const promise = action();
    const forget = () => void this.#pending.delete(settled);
    const settled: Promise<void> = promise.then(forget, forget);
    this.#pending.add(settled);
    return promise;
  }

  /** Runs `action` with a signal that `cancel` and `abort` reach, as the work that its driver calls belong to. */
  async withSignal<R>(
    job: CallingJob,
    action: (signal: AbortSignal, requireWanted: () => void) => Promise<R>,
  ): Promise<R> {
    const controller = new AbortController();
    if (this.#aborted) controller.abort(this.#aborted.reason);
    const { promise: abandoned, reject: letGo } = Promise.withResolvers<never>();
    const running: Running = { job, controller, letGo, ended: false, abandoned: undefined };
    const requireWanted = () => {
      if (running.abandoned) throw running.abandoned;
    };
    this.#running.set(job.id, running);
    const acting = this.#scope.within(running, () => action(controller.signal, requireWanted));
    const returned = (error?: unknown) => {
      running.ended = true;
      if (running.abandoned) this.#onLate(job, error === running.abandoned ? undefined : error);
    };
    acting.then(() => returned(), returned);
    try {
      return await Promise.race([acting, abandoned]);
    } finally {
      if (this.#running.get(job.id) === running) this.#running.delete(job.id);
    }
  }

  cancel(resource: string, reason: unknown): boolean {
    const found = this.#of(resource);
    for (const { controller } of found) controller.abort(reason);
    return found.length > 0;
  }

  /** Waits no longer for what runs on a resource: it is told to end, and whatever it still tries is refused. Returns its jobs. */
  abandon(resource: string, error: ReeveError): readonly CallingJob[] {
    const found = this.#of(resource);
    for (const running of found) {
      running.abandoned = error;
      running.letGo(error);
      running.controller.abort(error);
    }
    return found.map(({ job }) => job);
  }

  /** Tells all that runs, and all that starts from now on, to end. */
  abort(reason: unknown): void {
    this.#aborted ??= { reason };
    for (const { controller } of this.#running.values()) controller.abort(reason);
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #of(resource: string): readonly Running[] {
    return [...this.#running.values()].filter(({ job }) => job.resource === resource);
  }
}
