import { backoff } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";

export interface RestartPolicyOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** As OTP's `intensity` and `period`: one failure more within the window, and no life follows. */
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
}

/** Decides whether and when a child that failed gets another life: restart intensity and backoff. */
export class RestartPolicy {
  readonly #options: RestartPolicyOptions;
  /** When it failed, within the window. */
  #failures: number[] = [];

  constructor(options: RestartPolicyOptions) {
    this.#options = options;
  }

  /**
   * One more failure: after how many milliseconds the next life begins, or undefined when none does.
   *
   * @param excused the host's database fails, for which the next life waits before anything else: nothing that loops, and
   * nothing that counts
   */
  afterFailure(excused: boolean): number | undefined {
    const { clock, random, maxRestarts, withinMs, initialBackoffMs, maxBackoffMs } = this.#options;
    if (!excused) {
      const now = clock.now();
      this.#failures = this.#failures.filter((at) => now - at < withinMs);
      this.#failures.push(now);
      if (this.#failures.length > maxRestarts) return undefined;
    }
    const pause = backoff({ initialMs: initialBackoffMs, maxMs: maxBackoffMs }, random);
    return pause(Math.max(0, this.#failures.length - 1));
  }
}
