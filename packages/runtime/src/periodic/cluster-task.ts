import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";
import type { TaskLoop, TaskReport } from "./task-loop.ts";

/** The right of one member to run a task of its cluster. */
export interface RunnerLease {
  /** Aborts when it may be another's. */
  readonly signal: AbortSignal;
  /** Whether it may be relied on at this moment. */
  isHeld(): boolean;
  /** Lets another member have it. Never rejects. */
  release(): Promise<void>;
}

interface ClusterTaskOptions<Context> {
  readonly clock: Clock;
  /** Resolves when this member is the one that runs the task. Rejects with the signal, or when it can never be. */
  acquire(signal: AbortSignal): Promise<RunnerLease>;
  /** Makes the turns of one time as runner. `paused` is asked before each. */
  turns(paused: () => boolean): TaskLoop<Context>;
  /** While it says so, this member runs nothing. */
  paused(): boolean;
}

/**
 * A task that one member of a cluster runs. A member that becomes the runner begins as at a start; one that is no longer ends its
 * turn before it lets another begin, or, where it cannot, is fenced by it.
 *
 * | the member | its turns |
 * |---|---|
 * | waits for the lease | none |
 * | holds it | as those of a task of its own |
 * | has lost it, drains, or a turn is due while it is paused | the turn is told to end, and waited for |
 * | its turn has ended | it lets go of the lease, and waits for it anew unless it drains |
 */
export class ClusterTask<Context> {
  readonly #options: ClusterTaskOptions<Context>;
  readonly #leaving = new AbortController();
  #running: Promise<void> | undefined;
  #turns: TaskLoop<Context> | undefined;
  /** Of the times as runner that are over. */
  #before: Pick<TaskReport, "runs" | "errors" | "skipped" | "lastMs"> = {
    runs: 0,
    errors: 0,
    skipped: 0,
    lastMs: undefined,
  };
  #resumed = Promise.withResolvers<void>();

  constructor(options: ClusterTaskOptions<Context>) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  resume(): void {
    this.#resumed.resolve();
    this.#resumed = Promise.withResolvers();
  }

  /** Resolves with false when the present run has not ended in time: then the lease is not let go of, but left to expire. */
  async stop(withinMs: number): Promise<boolean> {
    this.#leaving.abort();
    return withTimeout(this.#options.clock, withinMs, this.#running ?? Promise.resolve());
  }

  /** Resolves with the present run; undefined between runs. */
  get ended(): Promise<void> | undefined {
    return this.#turns?.ended;
  }

  report(): TaskReport {
    const now = this.#turns?.report();
    return {
      runs: this.#before.runs + (now?.runs ?? 0),
      errors: this.#before.errors + (now?.errors ?? 0),
      skipped: this.#before.skipped + (now?.skipped ?? 0),
      lastMs: now?.lastMs ?? this.#before.lastMs,
      runningMs: now?.runningMs,
      nextInMs: now?.nextInMs,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#leaving;
    while (await this.#mayRun()) {
      const lease = await this.#options.acquire(signal).catch(() => undefined);
      if (!lease) return;
      await this.#runTurns(lease);
      await lease.release();
    }
  }

  /** Waits while it is paused. False when it leaves. */
  async #mayRun(): Promise<boolean> {
    const { signal } = this.#leaving;
    while (!signal.aborted && this.#options.paused()) await either(this.#resumed.promise, signal);
    return !signal.aborted;
  }

  async #runTurns(lease: RunnerLease): Promise<void> {
    const { turns: makeTurns, paused } = this.#options;
    const yielded = new AbortController();
    const turns = makeTurns(() => {
      const isPaused = paused();
      if (isPaused) yielded.abort();
      // After a pause a turn may be due before anything has told that the lease is lost.
      return isPaused || !lease.isHeld();
    });
    this.#turns = turns;
    turns.start();
    await aborted(AbortSignal.any([lease.signal, yielded.signal, this.#leaving.signal]));
    await turns.stop(Number.POSITIVE_INFINITY, lease.signal.aborted ? lease.signal.reason : undefined);
    this.#before = this.report();
    this.#turns = undefined;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function either(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return Promise.race([promise, aborted(signal)]);
}
