import type { Clock, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";

/** Between two beats, however urgent: a storm of changes or questions costs ten messages a second. */
const shortestGapMs = 100;

export interface PulseOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly intervalMs: number;
  readonly beat: () => void;
}

/** Beats at most `intervalMs` apart, and soon when hurried. Jitter keeps hosts that started together from beating together. */
export class Pulse {
  readonly #options: PulseOptions;
  #timer: Timer = undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #lastAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Beats as soon as the gap allows: at once when there was no beat within it. */
  hurry(): void {
    this.#arm(Math.max(this.#options.clock.now(), this.#lastAt + shortestGapMs));
  }

  /** No further beat. */
  stop(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#stopped = true;
  }

  #arm(at: number): void {
    if (this.#stopped || this.#dueAt <= at) return;
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = clock.setTimeout(() => this.#beat(), at - clock.now());
  }

  #beat(): void {
    const { clock, random, intervalMs, beat } = this.#options;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#lastAt = clock.now();
    this.#arm(this.#lastAt + intervalMs * (0.9 + random() / 10));
    beat();
  }
}
