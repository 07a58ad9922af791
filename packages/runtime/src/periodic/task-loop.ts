import { reeveError } from "@reeve/contract";
import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Logger } from "../telemetry/index.ts";
import { FailureStreak } from "./failure-streak.ts";
import type { CompiledTask } from "./periodic-task.ts";
import type { TurnMemory } from "./turn-memory.ts";
import type { Turns } from "./turns.ts";

/** What the inspector shows of one task. */
export interface TaskReport {
  readonly runs: number;
  /** Runs that threw, and `enabled` functions that did. */
  readonly errors: number;
  /** Turns that fell due while the last run had not ended, or while the process stood still. */
  readonly skipped: number;
  /** How long the last run took; undefined before one has ended. */
  readonly lastMs: number | undefined;
  /** How long the present run has been at it; undefined between runs. */
  readonly runningMs: number | undefined;
  /** Until the next turn; undefined when none is planned. */
  readonly nextInMs: number | undefined;
}

interface Run {
  readonly startedAt: number;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** One task's timer and its runs, at most one at a time. */
export class TaskLoop<Context> {
  readonly #task: CompiledTask<Context>;
  readonly #turns: Turns;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #streak: FailureStreak;
  readonly #context: (signal: AbortSignal) => Context;
  readonly #timers = new Set<Timer>();
  readonly #paused: () => boolean;
  /** A durable turn fell due while turns were paused. */
  #owed = false;
  #stopped = false;
  #run: Run | undefined;
  #slow = false;
  #runs = 0;
  #errors = 0;
  #skipped = 0;
  #lastMs: number | undefined;
  readonly #memory: TurnMemory | undefined;

  constructor(
    task: CompiledTask<Context>,
    turns: Turns,
    clock: Clock,
    log: Logger,
    context: (signal: AbortSignal) => Context,
    paused: () => boolean,
    memory?: TurnMemory,
  ) {
    this.#memory = memory;
    this.#paused = paused;
    this.#task = task;
    this.#turns = turns;
    this.#clock = clock;
    this.#log = log;
    this.#streak = new FailureStreak(log);
    this.#context = context;
  }

  start(): void {
    if (this.#memory) void this.#recall(this.#memory);
    else this.#begin(this.#task.immediately);
  }

  #begin(now: boolean): void {
    this.#turns.advance();
    this.#wait();
    if (now) this.#after(0, () => this.#turn());
  }

  /** Goes on where the last life has ended. A clock that was set back puts a turn off by one interval at most. */
  async #recall(memory: TurnMemory): Promise<void> {
    const { name, everyMs, immediately } = this.#task;
    let inMs = 0;
    try {
      const { agoMs, completed } = await memory.last(name);
      if (completed || !immediately) inMs = Math.min(everyMs!, everyMs! - agoMs);
    } catch (error) {
      // The turn may be due: twice is allowed, never is not.
      if (!this.#stopped) this.#failed(error);
    }
    if (this.#stopped) return;
    if (inMs > 0) this.#turns.beginIn!(inMs);
    this.#begin(inMs <= 0);
  }

  /** Turns are paused no longer: a durable one that fell due meanwhile comes now, another one at its next time. */
  resume(): void {
    if (!this.#owed || this.#stopped) return;
    this.#owed = false;
    this.#after(0, () => this.#turn());
  }

  /**
   * Aborts the present run's signal and waits for it. Resolves with false when it has not ended in time.
   *
   * @param why what the signal aborts with. Default: its manager stops
   */
  async stop(withinMs: number, why?: unknown): Promise<boolean> {
    this.#stopped = true;
    for (const timer of this.#timers) this.#clock.clearTimeout(timer);
    this.#timers.clear();
    const run = this.#run;
    if (!run) return true;
    run.controller.abort(why ?? reeveError("CANCELLED", `periodic task ${this.#task.name}: its manager stops`));
    return withTimeout(this.#clock, withinMs, run.ended);
  }

  /** Resolves with the present run; undefined between runs. */
  get ended(): Promise<void> | undefined {
    return this.#run?.ended;
  }

  report(): TaskReport {
    const remaining = this.#stopped ? undefined : this.#turns.remainingMs();
    return {
      runs: this.#runs,
      errors: this.#errors,
      skipped: this.#skipped,
      lastMs: this.#lastMs,
      runningMs: this.#run && this.#clock.now() - this.#run.startedAt,
      nextInMs: remaining === undefined ? undefined : Math.max(0, remaining),
    };
  }

  #wait(): void {
    const remaining = this.#turns.remainingMs();
    if (remaining === undefined) return;
    this.#after(Math.min(remaining, this.#turns.recheckMs), () => {
      if ((this.#turns.remainingMs() ?? 0) > 0) return this.#wait();
      this.#skipped += this.#turns.advance();
      // The next wait begins before this run, so that neither its length nor its failure can move or end the turns.
      this.#wait();
      this.#turn();
    });
  }

  #after(ms: number, callback: () => void): void {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, ms);
    this.#timers.add(timer);
  }

  #turn(): void {
    if (this.#run) {
      this.#skipped++;
      this.#tellSlow(this.#clock.now() - this.#run.startedAt, "periodic task still runs when its next turn is due");
      return;
    }
    if (this.#paused()) {
      this.#owed = this.#memory !== undefined;
      return;
    }
    this.#owed = false;
    try {
      if (!this.#task.enabled()) return;
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (this.#stopped) return;
    this.#runs++;
    const controller = new AbortController();
    const startedAt = this.#clock.now();
    this.#run = { startedAt, controller, ended: this.#execute(startedAt, controller.signal) };
  }

  async #execute(startedAt: number, signal: AbortSignal): Promise<void> {
    // A run that throws before it first awaits would otherwise end before it is known to have begun.
    await undefined;
    try {
      if (!signal.aborted) await this.#task.run(this.#context(signal));
      if (!signal.aborted) await this.#memory?.completed(this.#task.name, this.#clock.now() - startedAt);
      if (!signal.aborted) this.#streak.worked();
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
    this.#lastMs = this.#clock.now() - startedAt;
    this.#run = undefined;
    if (this.#lastMs <= this.#turns.gapMs / 2) this.#slow = false;
    else this.#tellSlow(this.#lastMs, "periodic task took over half of its interval");
  }

  #failed(error: unknown): void {
    this.#errors++;
    this.#streak.failed(error);
  }

  /** Once, until a run was quick again. */
  #tellSlow(ms: number, message: string): void {
    if (this.#slow || this.#stopped) return;
    this.#slow = true;
    this.#log.warn({ ms: Math.round(ms), intervalMs: this.#turns.gapMs }, message);
  }
}
