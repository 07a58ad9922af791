import { ReeveError, reeveError } from "@reeve/contract";
import type { Clock, Timer } from "../base/clock.ts";

export interface GuardOptions {
  readonly clock: Clock;
  /** Who is called, for messages: driver and method. */
  readonly what: string;
  /** Of the whole call. Infinity: no such bound. */
  readonly timeoutMs: number;
  /** Between signs of life while running. Infinity: no such bound. */
  readonly stallMs: number;
  /** How long to wait for the driver to come to rest after an abort. */
  readonly graceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What may end one call into a driver: its caller, its deadline, a stall, the end of the driver. */
export class CallGuard {
  readonly #options: GuardOptions;
  readonly #controller = new AbortController();
  readonly #onAbort = () => this.end(this.#cancelled());
  #deadline: Timer;
  #stall: Timer;
  #running = false;
  #gaveUp = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    const { clock, timeoutMs, signal, what } = options;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (timeoutMs !== Number.POSITIVE_INFINITY)
      this.#deadline = clock.setTimeout(() => this.#expire(`${what}: no answer within ${timeoutMs} ms`), timeoutMs);
  }

  /** Aborts when the call is to end. Its reason is what the caller gets. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Who is called: driver and method. */
  get what(): string {
    return this.#options.what;
  }

  /** Whether the driver ignored the abort beyond the grace, so that the caller was let go while the call still runs. */
  get gaveUp(): boolean {
    return this.#gaveUp;
  }

  /** The driver is entered: from now on a stall counts. */
  run(): void {
    this.#running = true;
    this.alive();
  }

  /** A sign of life: the stall is counted anew. */
  alive(): void {
    const { clock, stallMs, what } = this.#options;
    if (stallMs === Number.POSITIVE_INFINITY || this.signal.aborted) return;
    clock.clearTimeout(this.#stall);
    this.#stall = clock.setTimeout(() => this.#expire(`${what}: no progress for ${stallMs} ms`), stallMs);
  }

  /** The other side is not at work, as between two items of a stream. */
  rest(): void {
    this.#options.clock.clearTimeout(this.#stall);
  }

  end(reason: ReeveError): void {
    if (this.signal.aborted) return;
    this.#controller.abort(reason);
    this.dispose();
  }

  /** The work's own outcome; but once aborted and not settled within the grace, the abort's reason. */
  waitFor<T>(work: Promise<T>): Promise<T> {
    const { clock, graceMs } = this.#options;
    return new Promise<T>((resolve, reject) => {
      let grace: Timer;
      const letGo = () => {
        this.#gaveUp = true;
        reject(this.signal.reason);
      };
      const onAbort = () => {
        grace = clock.setTimeout(letGo, graceMs);
      };
      const settled = () => {
        this.signal.removeEventListener("abort", onAbort);
        clock.clearTimeout(grace);
      };
      if (this.signal.aborted) onAbort();
      else this.signal.addEventListener("abort", onAbort, { once: true });
      work.then(
        (value) => {
          settled();
          resolve(value);
        },
        (error) => {
          settled();
          reject(this.signal.aborted ? this.signal.reason : error);
        },
      );
    });
  }

  /** Disarms everything. Idempotent. */
  dispose(): void {
    const { clock, signal } = this.#options;
    clock.clearTimeout(this.#deadline);
    clock.clearTimeout(this.#stall);
    signal?.removeEventListener("abort", this.#onAbort);
  }

  #expire(message: string): void {
    this.end(
      reeveError("DEADLINE_EXCEEDED", this.#running ? message : `${message}; it waited for a slot all that time`),
    );
  }

  #cancelled(): ReeveError {
    const reason: unknown = this.#options.signal?.reason;
    if (reason instanceof ReeveError) return reason;
    return reeveError("CANCELLED", `${this.#options.what}: cancelled by the caller`, { cause: reason });
  }
}
