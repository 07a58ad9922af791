import { reeveError } from "@reeve/contract";
import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { CompiledLimits } from "./limits.ts";
import type { StartingManager } from "./start-hooks.ts";

interface ProbeOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** @param signal aborts when the answer is not waited for any more */
  readonly isWorking: (signal: AbortSignal) => Promise<boolean> | boolean;
  /** Why not, or undefined when it works. Told at every change, and at the first probe when it is bad news. */
  readonly onVerdict: (problem: string | undefined) => void;
}

/**
 * Asks `isWorking` at once, then on a timer, and when it is told that there is news. A throw or a hang counts as "no"; one
 * that hangs is given up, and the next turn asks anew.
 */
export class HealthProbe {
  readonly #options: ProbeOptions;
  readonly #first = Promise.withResolvers<void>();
  #timer: Timer;
  /** Of the answer that is waited for. */
  #timeout: Timer;
  #stopped = false;
  /** The latest question; its answer is waited for until its signal aborts. */
  #latest: AbortController | undefined;
  #asking = false;
  #askAgain = false;
  #problem: string | undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#probe();
  }

  /** Resolves with the first verdict, with the end, or with the signal. */
  async asked(signal: AbortSignal): Promise<void> {
    const { clock, timeoutMs } = this.#options;
    await withTimeout(clock, timeoutMs, this.#first.promise, signal);
  }

  stop(): void {
    this.#stopped = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#options.clock.clearTimeout(this.#timeout);
    this.#first.resolve();
  }

  /** Something changed that its answer may hang on: asks now instead of at the next turn. */
  askNow(): void {
    // An answer that is on its way may be from before the change.
    this.#askAgain = this.#asking;
    if (!this.#asking) this.#later(0);
  }

  #later(ms = this.#options.everyMs): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = clock.setTimeout(() => this.#probe(), ms);
  }

  #probe(): void {
    this.#later();
    if (this.#asking) return;
    this.#asking = true;
    const { clock, timeoutMs, isWorking } = this.#options;
    const question = new AbortController();
    const { signal } = question;
    this.#latest = question;
    this.#timeout = clock.setTimeout(() => {
      const message = `isWorking gave no answer within ${timeoutMs} ms`;
      question.abort(reeveError("DEADLINE_EXCEEDED", message));
      this.#answered(question, message);
    }, timeoutMs);
    new Promise<boolean>((settle) => settle(isWorking(signal))).then(
      (working) => this.#answered(question, working === true ? undefined : "isWorking said no"),
      (error: unknown) => {
        // What was given up throws because it was.
        if (!signal.aborted) this.#answered(question, `isWorking threw: ${messageOf(error)}`);
      },
    );
  }

  /** A late answer counts as long as nobody has asked since. */
  #answered(question: AbortController, problem: string | undefined): void {
    if (question !== this.#latest) return;
    this.#options.clock.clearTimeout(this.#timeout);
    this.#asking = false;
    this.#judge(problem);
    if (this.#askAgain) this.askNow();
  }

  #judge(problem: string | undefined): void {
    if (this.#stopped) return;
    const news = problem !== this.#problem;
    this.#problem = problem;
    if (news) this.#options.onVerdict(problem);
    this.#first.resolve();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Starts to ask a manager, where it can be asked. */
export function probeOf(
  { behaviour, clock, context }: Pick<StartingManager, "behaviour" | "clock" | "context">,
  { probeEveryMs, probeTimeoutMs }: CompiledLimits,
  onVerdict: ProbeOptions["onVerdict"],
  /** While it says so, nothing is asked, and nothing is wrong. */
  paused: () => boolean = () => false,
): HealthProbe | undefined {
  if (!behaviour.isWorking) return undefined;
  const isWorking = (signal: AbortSignal) => paused() || behaviour.isWorking!(context("isWorking", signal, true));
  return new HealthProbe({ clock, everyMs: probeEveryMs, timeoutMs: probeTimeoutMs, isWorking, onVerdict });
}
