interface Running {
  readonly resource: string;
  readonly controller: AbortController;
}

/** Journalled work and recoveries that run now, each with a signal of its own. */
export class InFlight {
  readonly #running = new Map<string, Running>();
  readonly #pending = new Set<Promise<void>>();
  #aborted: { readonly reason: unknown } | undefined;

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

  /** Runs `action` with a signal that `cancel` and `abort` reach. */
  async withSignal<R>(id: string, resource: string, action: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const controller = new AbortController();
    if (this.#aborted) controller.abort(this.#aborted.reason);
    this.#running.set(id, { resource, controller });
    try {
      return await action(controller.signal);
    } finally {
      this.#running.delete(id);
    }
  }

  isRunning(id: string): boolean {
    return this.#running.has(id);
  }

  cancel(resource: string, reason: unknown): boolean {
    const found = [...this.#running.values()].filter((running) => running.resource === resource);
    for (const { controller } of found) controller.abort(reason);
    return found.length > 0;
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
}
