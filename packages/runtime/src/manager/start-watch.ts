import { reeveError } from "@reeve/contract";
import type { Clock, Timer } from "../base/clock.ts";

/** When a step is first said to be slow, and how often it is said again. */
const slowAfterMs = 10_000;
const againAfterMs = 60_000;

interface StartWatchPort {
  /** `manager/address`, for the error. */
  readonly key: string;
  readonly clock: Clock;
  /** The step has not ended for so long. */
  onSlow(step: string, ms: number): void;
  /** What was slow has ended, or was abandoned. */
  onMoved(): void;
}

/** Times the steps of one effect of a start, one at a time. */
export class StartWatch {
  readonly #port: StartWatchPort;
  readonly #outer: AbortSignal;
  readonly #fail: (error: unknown) => void;
  readonly #giveUp = new AbortController();
  readonly #leave = () => this.#end(this.#outer.reason);
  #timer: Timer;
  #slow = false;
  #over = false;

  constructor(port: StartWatchPort, outer: AbortSignal, fail: (error: unknown) => void) {
    this.#port = port;
    this.#outer = outer;
    this.#fail = fail;
    if (outer.aborted) this.#leave();
    else outer.addEventListener("abort", this.#leave, { once: true });
  }

  /** Aborts with the effect, and when one of its steps is abandoned. */
  get signal(): AbortSignal {
    return this.#giveUp.signal;
  }

  /** A step begins; the last one has ended. One that outlives `limitMs` fails the effect, though it may run on. */
  step(name: string, limitMs = Number.POSITIVE_INFINITY): void {
    this.pass();
    if (!this.#over) this.#wait(name, limitMs, 0);
  }

  /** The last step has ended, and what follows has bounds of its own. */
  pass(): void {
    this.#port.clock.clearTimeout(this.#timer);
    if (!this.#slow) return;
    this.#slow = false;
    this.#port.onMoved();
  }

  /** The effect has ended. */
  done(): void {
    this.#outer.removeEventListener("abort", this.#leave);
    this.#over = true;
    this.pass();
  }

  #wait(step: string, limitMs: number, waitedMs: number): void {
    const nextMs = Math.min(limitMs, waitedMs === 0 ? slowAfterMs : waitedMs + againAfterMs);
    this.#timer = this.#port.clock.setTimeout(() => {
      if (nextMs >= limitMs) return this.#end(tooLong(`${this.#port.key}: ${step}`, step, limitMs));
      this.#slow = true;
      this.#port.onSlow(step, nextMs);
      this.#wait(step, limitMs, nextMs);
    }, nextMs - waitedMs);
  }

  #end(reason: unknown): void {
    this.done();
    this.#giveUp.abort(reason);
    this.#fail(reason);
  }
}

/**
 * Runs an effect of a start under watch. Settles as it does, or rejects when a step takes longer than its limit, or with
 * the signal; what has not returned then goes on alone, its own signal aborted.
 */
export function watchStart(
  port: StartWatchPort,
  signal: AbortSignal,
  effect: (watch: StartWatch) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const watch = new StartWatch(port, signal, reject);
    effect(watch)
      .finally(() => watch.done())
      .then(resolve, reject);
  });
}

export function tooLong(what: string, step: string, limitMs: number): Error {
  return reeveError("START_TIMEOUT", `${what} has not returned within ${limitMs} ms`, { data: { step, limitMs } });
}
