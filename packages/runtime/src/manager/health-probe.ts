import type { Clock, Timer } from "../base/clock.ts";
import type { ManagerBehaviour } from "./behaviour.ts";
import type { CompiledLimits } from "./definition.ts";

interface ProbeOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly isWorking: () => Promise<boolean> | boolean;
  /** Why not, or undefined when it works. Told at every change, and at the first probe when it is bad news. */
  readonly onVerdict: (problem: string | undefined) => void;
}

/** Asks `isWorking` on a timer. A throw or a hang counts as "no"; a probe that hangs is not joined by another. */
class HealthProbe {
  readonly #options: ProbeOptions;
  #timer: Timer;
  /** Of the answer that is waited for. */
  #patience: Timer;
  #stopped = false;
  #asking = false;
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

  #later(): void {
    if (!this.#stopped) this.#timer = this.#options.clock.setTimeout(() => void this.#probe(), this.#options.everyMs);
  }

  async #probe(): Promise<void> {
    if (!this.#asking) this.#judge(await this.#ask());
    this.#later();
  }

  #judge(problem: string | undefined): void {
    if (this.#stopped || problem === this.#problem) return;
    this.#problem = problem;
    this.#options.onVerdict(problem);
  }

  #ask(): Promise<string | undefined> {
    const { clock, timeoutMs, isWorking } = this.#options;
    this.#asking = true;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => resolve(`isWorking gave no answer within ${timeoutMs} ms`), timeoutMs);
      this.#patience = timer;
      const answered = (problem: string | undefined) => {
        clock.clearTimeout(timer);
        this.#asking = false;
        // After a hang the late answer counts: the next probe must not have to wait for it.
        this.#judge(problem);
        resolve(problem);
      };
      new Promise<boolean>((settle) => settle(isWorking())).then(
        (working) => answered(working === true ? undefined : "isWorking said no"),
        (error: unknown) => answered(`isWorking threw: ${error instanceof Error ? error.message : String(error)}`),
      );
    });
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
