import { after, type DeviceClock } from "../clock.ts";

/** How long a caller that goes away while its commands are on their way still waits for what becomes of them. */
const graceMs = 5_000;

/** One call that waits for its turn, is in it, or has its answer. */
export class Caller<Answer> {
  readonly promise: Promise<Answer>;
  readonly #signal: AbortSignal;
  readonly #clock: DeviceClock;
  readonly #onLeave: () => void;
  readonly #settle: PromiseWithResolvers<Answer> = Promise.withResolvers();
  #sent = false;
  #settled = false;
  #cancelGrace: (() => void) | undefined;

  /** @param onLeave called once when the signal aborts before there is an answer */
  constructor(signal: AbortSignal, clock: DeviceClock, onLeave: () => void) {
    this.#signal = signal;
    this.#clock = clock;
    this.#onLeave = onLeave;
    this.promise = this.#settle.promise;
    if (signal.aborted) this.#abandon();
    else signal.addEventListener("abort", this.#abandon, { once: true });
  }

  /** Whether nothing needs to be done for it any more. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Whether its signal has aborted. */
  get leaving(): boolean {
    return this.#signal.aborted;
  }

  /** From now on the switch may run its commands, whether it waits or not. */
  sent(): void {
    this.#sent = true;
  }

  resolve(answer: Answer): void {
    if (this.#end()) this.#settle.resolve(answer);
  }

  reject(error: unknown): void {
    if (this.#end()) this.#settle.reject(error);
  }

  /** What was not sent never will be. What was is awaited for a little while: a call that has settled changes nothing later. */
  readonly #abandon = (): void => {
    const { reason } = this.#signal;
    if (this.#sent) this.#cancelGrace = after(this.#clock, graceMs, () => this.reject(reason));
    else this.reject(reason);
    this.#onLeave();
  };

  #end(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#cancelGrace?.();
    this.#signal.removeEventListener("abort", this.#abandon);
    return true;
  }
}
