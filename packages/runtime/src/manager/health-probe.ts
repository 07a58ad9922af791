import type { Clock, Timer } from "../base/clock.ts";
import type { ManagerBehaviour } from "./behaviour.ts";
import type { CompiledLimits } from "./limits.ts";

interface ProbeOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly isWorking: () => Promise<boolean> | boolean;
  /** Why not, or undefined when it works. Told at every change, and at the first probe when it is bad news. */
  readonly onVerdict: (problem: string | undefined) => void;
}

/**
 * Asks `isWorking` on a timer, and when it is told that there is news. A throw or a hang counts as "no"; a probe that hangs
 * is not joined by another.
 */
export class HealthProbe {
  readonly #options: ProbeOptions;
  #timer: Timer;
  /** Of the answer that is waited for. */
  #patience: Timer;
  #stopped = false;
  #asking = false;
  #askAgain = false;
  #problem: string | undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#later();
  }

  stop(): void {
    this.#stopped = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#options.clock.clearTimeout(this.#patience);
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
    this.#patience = clock.setTimeout(() => {
      this.#judge(`isWorking gave no answer within ${timeoutMs} ms`);
    }, timeoutMs);
    // After a hang the late answer counts: the next probe must not have to wait for it.
    new Promise<boolean>((settle) => settle(isWorking())).then(
      (working) => this.#answered(working === true ? undefined : "isWorking said no"),
      (error: unknown) => this.#answered(`isWorking threw: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  #answered(problem: string | undefined): void {
    this.#options.clock.clearTimeout(this.#patience);
    this.#asking = false;
    this.#judge(problem);
    if (this.#askAgain) this.askNow();
  }

  #judge(problem: string | undefined): void {
    if (this.#stopped || problem === this.#problem) return;
    this.#problem = problem;
    this.#options.onVerdict(problem);
  }
}

/** Starts to ask a manager, where it can be asked. */
export function probeOf(
  behaviour: ManagerBehaviour<any>,
  { probeEveryMs, probeTimeoutMs }: CompiledLimits,
  clock: Clock,
  onVerdict: ProbeOptions["onVerdict"],
): HealthProbe | undefined {
  const { isWorking } = behaviour;
  if (!isWorking) return undefined;
  const asked = () => isWorking.call(behaviour);
  return new HealthProbe({ clock, everyMs: probeEveryMs, timeoutMs: probeTimeoutMs, isWorking: asked, onVerdict });
}
