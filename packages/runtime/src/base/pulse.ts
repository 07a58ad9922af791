import type { Clock, Timer } from "./clock.ts";
import type { Random } from "./random.ts";

/** However urgent, a storm of changes or questions costs ten beats a second, after as many at once. */
const burst = 10;
const gapMs = 100;

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
  /** When the beats so far would have been made, had they kept the gap. */
  #paidUntil = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Beats at once, or as soon as the storm allows. */
  hurry(): void {
    this.#arm(Math.max(this.#options.clock.now(), this.#paidUntil - (burst - 1) * gapMs));
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
    const now = clock.now();
    this.#paidUntil = Math.max(this.#paidUntil, now) + gapMs;
    this.#arm(now + intervalMs * (0.9 + random() / 10));
    beat();
  }
}
